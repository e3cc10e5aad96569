public import KeyedRandom

/// The mean of `values`, one for each item, with its percentile bootstrap
/// interval (Efron and Tibshirani 1993, chapter 13).
///
/// A resample draws `values.count` items with replacement, one number of the
/// key's generator each, so equal keys and counts give equal draws.
///
/// - Parameters:
///   - values: finite, not empty.
///   - resamples: at least 1; 2000 for intervals that are read.
/// - Returns: `count` is that of the values; `pValue` is for the mean being 0.
public func bootstrapMean(_ values: [Double], resamples: Int, key: RandomKey) -> Estimate {
  bootstrapMean(bySeed: [values], resamples: resamples, key: key)
}

/// The grand mean of `values[seed][item]` with the interval of a two-level
/// bootstrap: items and seeds are crossed (every seed has the same items in the
/// same order), and both are drawn with replacement, the same items for all
/// seeds of a resample. With one seed this is `bootstrapMean(_:)`, bit for bit.
///
/// Owen, "The pigeonhole bootstrap" (Annals of Applied Statistics 2007), on
/// crossed factors. With S seeds the resampled variance between seeds is
/// (S-1)/S of the unbiased one, so with two or three seeds the interval is too
/// narrow where seeds differ much.
///
/// - Parameters:
///   - values: `[seeds, items]`, finite, neither empty.
///   - resamples: at least 1.
/// - Returns: `count` is that of the items; `pValue` is for the mean being 0.
public func bootstrapMean(
  bySeed values: [[Double]], resamples: Int, key: RandomKey
) -> Estimate {
  bootstrap([values], groups: [0], resamples: resamples, key: key) { $0[0] }
}

/// A statistic of the means of several tables, with the interval of the
/// two-level bootstrap over all of them.
///
/// A resample draws seeds once for all tables, then items once for every group
/// of tables, in the order of the groups' first tables: tables of one group are
/// of the same items, those of different groups of independent ones.
///
/// - Parameters:
///   - tables: `[tables, seeds, items]`, finite. All tables have the same seeds,
///     tables of one group the same items, in the same order.
///   - groups: `[tables]`: which set of items the table is of.
///   - resamples: at least 1.
///   - statistic: of the grand mean of every table, `[tables]`. It may be NaN in
///     a resample, as a ratio is; that widens the interval (see `Estimate`).
/// - Returns: `count` adds up the items of the groups; `pValue` is for the
///   statistic being 0.
public func bootstrap(
  _ tables: [[[Double]]], groups: [Int], resamples: Int, key: RandomKey,
  statistic: ([Double]) -> Double
) -> Estimate {
  precondition(resamples > 0, "resamples must be positive, got \(resamples)")
  precondition(
    tables.count == groups.count, "\(tables.count) tables, but \(groups.count) groups")
  guard let seeds = tables.first?.count, seeds > 0 else {
    preconditionFailure("no tables or no seeds")
  }
  var order: [Int] = []
  var items: [Int: Int] = [:]
  for (table, group) in zip(tables, groups) {
    precondition(table.count == seeds, "tables differ in seeds: \(table.count) and \(seeds)")
    if items[group] == nil {
      order.append(group)
      items[group] = table[0].count
    }
    precondition(items[group]! > 0, "a table without items")
    precondition(
      table.allSatisfy { $0.count == items[group]! }, "tables of group \(group) differ in items")
  }

  var generator = key.generator()
  var means = [Double](repeating: 0, count: tables.count)
  let resampled = (0..<resamples).map { _ in
    // One seed has nothing to draw, and takes no numbers.
    let drawnSeeds =
      seeds > 1 ? (0..<seeds).map { _ in generator.index(below: seeds) } : [0]
    for group in order {
      let count = items[group]!
      let drawn = (0..<count).map { _ in generator.index(below: count) }
      for index in tables.indices where groups[index] == group {
        let columns = columnMeans(tables[index], drawnSeeds)
        means[index] = drawn.reduce(0.0) { $0 + columns[$1] } / Double(count)
      }
    }
    return statistic(means)
  }
  let observed = tables.map { table in
    columnMeans(table, Array(0..<seeds)).reduce(0, +) / Double(table[0].count)
  }
  return Estimate(
    value: statistic(observed), resampled: resampled, count: order.reduce(0) { $0 + items[$1]! })
}

/// The mean of every item over the drawn seeds, which may repeat.
private func columnMeans(_ table: [[Double]], _ seeds: [Int]) -> [Double] {
  if seeds.count == 1 { return table[seeds[0]] }
  var sums = [Double](repeating: 0, count: table[0].count)
  for seed in seeds {
    let row = table[seed]
    for item in sums.indices { sums[item] += row[item] }
  }
  let scale = Double(seeds.count)
  for item in sums.indices { sums[item] /= scale }
  return sums
}
