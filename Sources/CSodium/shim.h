// libsodium from Debian (libsodium-dev); imported by the target Sodium alone.
#include <sodium.h>
