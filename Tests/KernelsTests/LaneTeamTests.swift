import Foundation
import Synchronization
import Testing

@testable import Kernels

@Suite struct LaneTeamTests {
  @Test(arguments: [1, 2, 3, 7])
  func everyMemberTakesPartOnce(lanes: Int) {
    let pieces = 200
    let parts = Mutex([[Int]](repeating: [], count: pieces))
    withTeam(lanes) { team in
      for piece in 0..<pieces {
        team.run { member in
          #expect(member.count == lanes)
          parts.withLock { $0[piece].append(member.index) }
        }
      }
    }
    #expect(parts.withLock { $0.allSatisfy { $0.sorted() == Array(0..<lanes) } })
  }

  /// Each member reads what its neighbour has written before the barrier, many
  /// times over: a sum that one missed wait would change.
  @Test(arguments: [2, 3, 7])
  func whatIsWrittenBeforeABarrierIsReadBehindIt(lanes: Int) {
    let rounds = 300
    let cells = FloatBuffer(count: lanes * 16)
    withTeam(lanes) { team in
      for _ in 0..<5 {
        team.run { member in
          let mine = member.index * 16
          let next = (member.index + 1) % lanes * 16
          for _ in 0..<rounds {
            let seen = cells[next]
            member.wait()
            cells[mine] = seen + 1
            member.wait()
          }
        }
      }
    }
    #expect((0..<lanes).allSatisfy { cells[$0 * 16] == Float(5 * rounds) })
  }

  /// Helpers that come while the leader is at work join its next piece.
  @Test func helpersMayComeLate() {
    let team = LaneTeam()
    let most = Mutex(0)
    Lanes.run(4) { lane in
      if lane > 0 {
        usleep(UInt32(lane) * 1000)
        return team.help()
      }
      while most.withLock({ $0 < 4 }) {
        let met = Mutex(0)
        team.run { _ in met.withLock { $0 += 1 } }
        most.withLock { $0 = met.withLock { $0 } }
      }
      team.dismiss()
    }
    #expect(most.withLock { $0 } == 4)
    // Who comes after the end goes again at once.
    team.help()
  }

  @Test(arguments: [0, 1, 2, 5, 16, 17])
  func sharesCoverEverythingOnce(total: Int) {
    let shares = Mutex([Range<Int>](repeating: 0..<0, count: 3))
    withTeam(3) { team in
      team.run { member in
        shares.withLock { $0[member.index] = member.share(of: total) }
      }
    }
    let taken = shares.withLock { $0 }
    #expect(taken.flatMap(Array.init) == Array(0..<total))
    #expect(taken.map(\.count).max()! - taken.map(\.count).min()! <= 1)
  }
}
