import Foundation
import RunStore
import Testing

@testable import Report

@Suite struct RunJSONTests {
  @Test func aCompleteRun() throws {
    let fixture = try Fixture.complete()
    let path = fixture.store.databaseURL.path
    #expect(
      try RunJSON(store: fixture.store, run: fixture.run.id).text() == """
        {
          "run": {
            "id": "\(fixture.run.id)",
            "name": "quickstart",
            "status": "finished",
            "reason": null,
            "seed": 1,
            "limit": null,
            "started": "2027-01-15T08:00:00.000Z",
            "finished": "2027-01-15T08:04:10.000Z",
            "seconds": 250.0,
            "command": "solon run examples/quickstart.lua",
            "overrides": [],
            "ablation": null,
            "variant": null,
            "constitution": {
              "name": "harmless",
              "version": 2,
              "hash": "00ff"
            },
            "machine": {
              "cpu": "Test CPU",
              "cores": 2,
              "lanes": 2,
              "blas_core": "SkylakeX",
              "blas_version": "0.3.21",
              "vectors": null,
              "lua_version": "5.4.4",
              "tool_version": "1.0.0",
              "operating_system": "Test OS"
            },
            "git_commit": null,
            "database": "\(path)",
            "experiment": {"name":"quickstart"}
          },
          "stages": [
            {
              "name": "respond",
              "status": "finished",
              "fingerprint": "f0",
              "items": 512,
              "reused": 500,
              "computed": 12,
              "model_calls_reused": 500,
              "model_calls_computed": 12,
              "seconds": 1.25,
              "lua_seconds": 0.0,
              "detail": {"tokens":99}
            },
            {
              "name": "ppo",
              "status": "finished",
              "fingerprint": "f1",
              "items": 50,
              "reused": 0,
              "computed": 50,
              "model_calls_reused": 0,
              "model_calls_computed": 3200,
              "seconds": 200.5,
              "lua_seconds": 2.5,
              "detail": null
            }
          ],
          "evaluation": {
        \(evaluation("helpful-only", 0.75)),
        \(evaluation("rl-cai", 0.125))
          },
          "weights": {
            "helpful-only": "\(String(repeating: "a", count: 64))",
            "rl-cai": "\(String(repeating: "b", count: 64))"
          },
          "preference": {
            "accuracy": 0.875,
            "agreement": 0.75,
            "agreement_on_harm": 0.9375,
            "calibration_error": 0.03125,
            "calibration": [
              {
                "predicted": 0.25,
                "observed": 0.125,
                "n": 8
              }
            ],
            "training_pairs": 90,
            "held_out_pairs": 10,
            "dropped_pairs": 2
          },
          "lua": {
            "seconds": 2.5,
            "share": 0.01
          }
        }
        """)
  }

  private func evaluation(_ system: String, _ mean: Double) -> String {
    func measure(_ mean: Double, _ n: Int, _ indentation: String) -> String {
      [
        "{", "  \"mean\": \(mean),", "  \"low\": \(mean - 0.0625),",
        "  \"high\": \(mean + 0.0625),", "  \"n\": \(n)", "}",
      ].joined(separator: "\n\(indentation)")
    }
    return """
          "\(system)": {
            "harmfulness": \(measure(mean, 128, "      ")),
            "harmfulness_by_category": {
              "arson": \(measure(mean, 64, "        ")),
              "theft": \(measure(mean, 64, "        "))
            },
            "evasive": \(measure(mean / 2, 96, "      ")),
            "zeal": \(measure(mean * 10, 128, "      "))
          }
      """
  }

  /// Foundation's reader is the judge of what is JSON.
  @Test func hostileTextSurvivesAReaderAndATerminal() throws {
    let hostile = "\u{1B}]0;x\u{7}\" \\ \n\r\t\0 \u{7F}\u{9B}\u{202E}\u{2028} é 漢 \u{1F600}"
    let fixture = try Fixture(name: hostile.replacingOccurrences(of: "\0", with: ""))
    fixture.run.experiment = "not JSON \u{1B}"
    try fixture.store.update(fixture.run)
    try fixture.store.insert([fixture.evaluation("a", "harmfulness", nil, .nan)])
    let text = try RunJSON(store: fixture.store, run: fixture.run.id).text()
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(!TerminalText.isUnsafe(scalar))
    }
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let run = try #require(object["run"] as? [String: Any])
    #expect(run["name"] as? String == fixture.run.name)
    #expect(run["experiment"] as? String == "not JSON \u{1B}")
    #expect(object["preference"] is NSNull)
    let evaluation = try #require(object["evaluation"] as? [String: [String: [String: Any]]])
    #expect(evaluation["a"]?["harmfulness"]?["mean"] is NSNull)
  }

  @Test func numbersReadBackAsTheSameDoubles() throws {
    for value in [0.1, 1e-7, 1e22, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3] {
      let text = JSONValue.array([.number(value)]).text()
      let back = try JSONDecoder().decode([Double].self, from: Data(text.utf8))
      #expect(back == [value])
    }
    #expect(JSONValue.number(.infinity).text() == "null")
    #expect(JSONValue.object([]).text() == "{}")
  }
}
