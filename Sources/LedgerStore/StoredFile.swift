import Glibc

/// An open file, closed with its owner.
struct StoredFile: ~Copyable, Sendable {
  let descriptor: Int32
  let path: String

  enum Access: Sendable {
    case read, readWrite, create, createOrOpen

    fileprivate var flags: Int32 {
      switch self {
      case .read: O_RDONLY
      case .readWrite: O_RDWR
      case .create: O_RDWR | O_CREAT | O_TRUNC
      case .createOrOpen: O_RDWR | O_CREAT
      }
    }
  }

  init(_ path: String, _ access: Access) throws(StorageFailure) {
    let descriptor = open(path, access.flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StorageFailure("open", path, errno: errno) }
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  func byteCount() throws(StorageFailure) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw StorageFailure("examine", path, errno: errno) }
    return Int(status.st_size)
  }

  /// The first `count` bytes; fewer when the file is shorter.
  func read(_ count: Int) throws(StorageFailure) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(filled))
        if got > 0 {
          filled += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          code = errno
          return
        }
      }
    }
    guard code == 0 else { throw StorageFailure("read", path, errno: code) }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int, through disk: Disk) throws(StorageFailure) {
    let code = bytes.withUnsafeBytes { buffer -> Int32 in
      var done = 0
      while done < buffer.count {
        let count = disk.write(descriptor, UnsafeRawBufferPointer(rebasing: buffer[done...]), offset + done)
        if count > 0 {
          done += count
        } else if count == 0 {
          return EIO  // a disk that takes nothing and gives no reason would be asked for ever
        } else if count != -Int(EINTR) {
          return Int32(-count)
        }
      }
      return 0
    }
    guard code == 0 else { throw StorageFailure("write", path, errno: code) }
  }

  /// Not retried when it fails: the kernel may have dropped the pages, and a second call would report success.
  func sync(through disk: Disk) throws(StorageFailure) {
    let code = disk.sync(descriptor)
    guard code == 0 else { throw StorageFailure("sync", path, errno: code) }
  }

  func truncate(to count: Int) throws(StorageFailure) {
    guard ftruncate(descriptor, off_t(count)) == 0 else { throw StorageFailure("truncate", path, errno: errno) }
  }
}

/// Folders, as far as the store needs them.
enum Folder {
  /// Makes the folder's names (created, renamed, removed) durable.
  static func sync(_ path: String, through disk: Disk) throws(StorageFailure) {
    let folder = try StoredFile(path, .read)
    let code = disk.syncFolder(folder.descriptor)
    guard code == 0 else { throw StorageFailure("sync", path, errno: code) }
  }

  /// Creates the folder, durably, unless it is there.
  static func create(_ path: String, through disk: Disk) throws(StorageFailure) {
    if mkdir(path, 0o700) == 0 {
      try sync(parent(of: path), through: disk)
    } else if errno != EEXIST {
      throw StorageFailure("create", path, errno: errno)
    }
  }

  static func remove(_ path: String) throws(StorageFailure) {
    guard unlink(path) == 0 else { throw StorageFailure("remove", path, errno: errno) }
  }

  static func rename(_ path: String, to name: String) throws(StorageFailure) {
    guard Glibc.rename(path, name) == 0 else { throw StorageFailure("rename", path, errno: errno) }
  }

  static func names(in path: String) throws(StorageFailure) -> [String] {
    guard let stream = opendir(path) else { throw StorageFailure("list", path, errno: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
      let name = String(cString: (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self))
      if name != "." && name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw StorageFailure("list", path, errno: errno) }
    return names.sorted()
  }

  static func parent(of path: String) -> String {
    var rest = path[...]
    while rest.count > 1, rest.last == "/" { rest.removeLast() }
    guard let slash = rest.lastIndex(of: "/") else { return "." }
    return slash == rest.startIndex ? "/" : String(rest[..<slash])
  }
}
