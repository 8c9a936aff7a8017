// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The tests, without a framework, since Debian's Swift has none: each is a sentence and a function; fails by 1.
import Foundation

@main
struct Tests {
    static func main() async {
        let tests = allTests()
        var failed = 0
        for (name, test) in tests {
            do {
                try await test(World())
                print("ok   \(name)")
            } catch {
                print("FAIL \(name): \(error)")
                failed += 1
            }
        }
        print("\(tests.count - failed) passed, \(failed) failed")
        exit(failed == 0 ? 0 : 1)
    }
}
