internal import RunStore

/// What the runs took: seconds and model calls by stage.
struct CostSection {
  let members: [ReportArm.Member]

  private struct Sum {
    var seconds = 0.0
    var newSeconds = 0.0
    var luaSeconds = 0.0
    var items = 0
    var computed = 0
    var reused = 0

    mutating func add(_ stage: StageRecord, isNew: Bool) {
      seconds += stage.seconds
      if isNew { newSeconds += stage.seconds }
      luaSeconds += stage.luaSeconds
      items += stage.items
      computed += stage.modelCallsComputed
      reused += stage.modelCallsReused
    }
  }

  var html: String {
    let isNew = members.map(\.isNew)
    var order: [String] = []
    var sums: [String: Sum] = [:]
    var total = Sum()
    for member in members {
      for stage in member.stages {
        if sums[stage.name] == nil { order.append(stage.name) }
        sums[stage.name, default: Sum()].add(stage, isNew: member.isNew)
        total.add(stage, isNew: member.isNew)
      }
    }
    let hasOld = isNew.contains(false)
    var columns = ["stage", "time"]
    if hasOld { columns.append("of it in new runs") }
    columns += ["items", "model calls computed", "model calls reused", "in Lua"]
    func row(_ name: String, _ sum: Sum) -> [HTML.Cell] {
      var row: [HTML.Cell] = [.text(name), .number(Formatting.duration(sum.seconds))]
      if hasOld { row.append(.number(Formatting.duration(sum.newSeconds))) }
      row += [sum.items, sum.computed, sum.reused].map { .number(Formatting.count($0)) }
      row.append(.number(Formatting.duration(sum.luaSeconds)))
      return row
    }
    let rows = order.map { row($0, sums[$0] ?? Sum()) } + [row("all stages", total)]
    let what = members.count == 1 ? "one run" : "\(members.count) runs"
    let origin =
      hasOld
      ? ": \(isNew.count { $0 }) computed for this ablation, \(isNew.count { !$0 }) taken from the"
        + " record" : ""
    return HTML.section(
      "cost", "Cost",
      HTML.paragraph("\(what)\(origin).")
        + HTML.table("Time and model calls by stage", columns, rows))
  }
}
