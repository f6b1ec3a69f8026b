import Glibc

/// Plain threads: a seed computes for a second without ever waiting, which the cooperative pool is not made for.
enum Threads {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs `body` on so many threads and waits for all of them.
  static func run(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    var threads: [pthread_t] = []
    for _ in 0..<count {
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      pthread_attr_setstacksize(&attributes, 8 << 20)
      var thread = pthread_t()
      let status = pthread_create(
        &thread, &attributes,
        { argument in
          Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
          return nil
        }, Unmanaged.passRetained(Body(body)).toOpaque())
      pthread_attr_destroy(&attributes)
      precondition(status == 0, "no thread can be made")
      threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
  }
}
