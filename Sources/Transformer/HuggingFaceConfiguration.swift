public import Foundation

/// The `config.json` of a Hugging Face model directory: `LlamaForCausalLM`, or
/// `LlamaForSequenceClassification` with one label for a scalar head.
///
/// The first `eos_token_id` is the end of text; a second one, the end of turn.
public struct HuggingFaceConfiguration: Hashable, Sendable {
  public var configuration: ModelConfiguration
  public var head: Head

  public init(configuration: ModelConfiguration, head: Head) {
    self.configuration = configuration
    self.head = head
  }

  /// Parses `config.json`. Refuses, by field name, whatever would make this
  /// program compute something else than the file describes: another model
  /// type or activation, biases, scaled rotary positions, several labels.
  public init(json: Data) throws(ModelConfigurationError) {
    let file: HuggingFaceFile
    do {
      file = try JSONDecoder().decode(HuggingFaceFile.self, from: json)
    } catch let DecodingError.keyNotFound(key, _) {
      throw .init(key.stringValue, "(missing)", "config.json must state it")
    } catch let DecodingError.typeMismatch(type, context) {
      throw .init(Self.path(context), "(wrong type)", "expected \(type)")
    } catch let DecodingError.valueNotFound(type, context) {
      throw .init(Self.path(context), "null", "expected \(type)")
    } catch {
      throw .init("config.json", "(unreadable)", "it is not valid JSON: \(error)")
    }
    head = try file.head()
    configuration = try file.configuration()
  }

  /// `config.json` bytes, keys sorted, ending in a newline. `dtype` is the
  /// stored precision's Hugging Face name, such as `"float32"`.
  public func json(dtype: String = "float32") -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(HuggingFaceFile(self, dtype: dtype)) + Data("\n".utf8)
    } catch {
      preconditionFailure("a validated configuration always encodes: \(error)")
    }
  }

  private static func path(_ context: DecodingError.Context) -> String {
    context.codingPath.map(\.stringValue).joined(separator: ".")
  }
}
