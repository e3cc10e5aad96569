/// The known name nearest to a mistyped one, nil when none is near: at most a
/// third of its letters may be wrong, and at most three.
///
/// Ties go to the name listed first.
public func suggestion(for name: String, among names: [String]) -> String? {
  let target = Array(name.utf8.prefix(64))
  let allowed = min(3, max(1, target.count / 3))
  var best: (name: String, distance: Int)?
  for candidate in names where candidate != name {
    let distance = editDistance(target, Array(candidate.utf8.prefix(64)))
    if distance <= allowed, distance < best?.distance ?? Int.max {
      best = (candidate, distance)
    }
  }
  return best?.name
}

/// Edits that turn `a` into `b`: insertions, deletions, substitutions, and
/// swaps of neighbours (optimal string alignment).
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var before = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var cost = min(
        previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        cost = min(cost, before[j - 1] + 1)
      }
      row.append(cost)
    }
    before = previous
    previous = row
  }
  return previous[b.count]
}
