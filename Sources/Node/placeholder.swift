import Hummingbird
import NIOSSL
import X509
import AsyncHTTPClient
import ServiceLifecycle
