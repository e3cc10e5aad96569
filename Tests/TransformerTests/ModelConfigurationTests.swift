import Foundation
import Kernels
import Testing

@testable import Transformer

@Suite struct ModelConfigurationTests {
  /// The fields a published 134.5M-parameter Llama carries.
  static let published = """
    {
      "architectures": ["LlamaForCausalLM"], "attention_bias": false,
      "attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 0,
      "hidden_act": "silu", "hidden_size": 576, "initializer_range": 0.04,
      "intermediate_size": 1536, "max_position_embeddings": 2048, "mlp_bias": false,
      "model_type": "llama", "num_attention_heads": 9, "num_hidden_layers": 30,
      "num_key_value_heads": 3, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
      "rope_interleaved": false, "rope_scaling": null, "rope_theta": 10000.0,
      "tie_word_embeddings": true, "torch_dtype": "bfloat16",
      "transformers_version": "4.40.1", "use_cache": true, "vocab_size": 49152
    }
    """

  @Test func readsPublishedConfiguration() throws {
    let file = try HuggingFaceConfiguration(json: Data(Self.published.utf8))
    #expect(file.head == .languageModel)
    #expect(
      file.configuration
        == ModelConfiguration(
          vocabularySize: 49152, hiddenSize: 576, intermediateSize: 1536, layerCount: 30,
          headCount: 9, keyValueHeadCount: 3, headDimension: 64, maximumPositions: 2048,
          ropeTheta: 10_000, normEpsilon: 1e-5, tiedEmbeddings: true, endOfTextToken: 0))
    let layout = ParameterLayout(file.configuration, head: .languageModel)
    #expect(layout.count == 134_515_008)
  }

  @Test(arguments: Head.allCases, [nil, 5] as [Int?])
  func roundTrip(_ head: Head, _ endOfTurn: Int?) throws {
    let configuration = ModelConfiguration(
      vocabularySize: 64, hiddenSize: 32, intermediateSize: 56, layerCount: 2, headCount: 4,
      keyValueHeadCount: 2, headDimension: 16, maximumPositions: 77, ropeTheta: 5e5,
      normEpsilon: 1e-6, tiedEmbeddings: false, endOfTextToken: 3, endOfTurnToken: endOfTurn,
      paddingToken: 1)
    let file = HuggingFaceConfiguration(configuration: configuration, head: head)
    let json = file.json()
    #expect(try HuggingFaceConfiguration(json: json) == file)
    let text = try #require(String(data: json, encoding: .utf8))
    #expect(text.contains("\"rms_norm_eps\" : 1e-06"))
    #expect(text.contains("\"bos_token_id\" : null"))
  }

  /// What would make this program compute something else is refused by name.
  @Test(arguments: [
    ("\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelu\"", "hidden_act"),
    ("\"attention_bias\": false", "\"attention_bias\": true", "attention_bias"),
    ("\"mlp_bias\": false", "\"mlp_bias\": true", "mlp_bias"),
    ("\"model_type\": \"llama\"", "\"model_type\": \"gpt2\"", "model_type"),
    ("\"rope_scaling\": null", "\"rope_scaling\": {\"rope_type\": \"llama3\"}", "rope_scaling"),
    ("\"rope_scaling\": null", "\"rope_scaling\": {\"type\": \"linear\"}", "rope_scaling"),
    ("\"vocab_size\": 49152", "\"vocab_size\": 0", "vocab_size"),
    ("\"vocab_size\": 49152", "\"vocab_size\": \"many\"", "vocab_size"),
    (", \"vocab_size\": 49152", "", "vocab_size"),
    ("\"hidden_size\": 576", "\"hidden_size\": 9223372036854775807", "hidden_size"),
    ("\"num_key_value_heads\": 3", "\"num_key_value_heads\": 2", "num_key_value_heads"),
    ("\"num_attention_heads\": 9", "\"num_attention_heads\": 0", "num_attention_heads"),
    ("\"eos_token_id\": 0", "\"eos_token_id\": 49152", "eos_token_id"),
    ("\"rope_theta\": 10000.0", "\"rope_theta\": -1", "rope_theta"),
    ("[\"LlamaForCausalLM\"]", "[\"LlamaForSequenceClassification\"]", "num_labels"),
    ("[\"LlamaForCausalLM\"]", "[\"MistralForCausalLM\"]", "architectures"),
    ("{", "[", "config.json"),
  ])
  func refuses(_ original: String, _ replacement: String, _ field: String) throws {
    let text = Self.published.replacingOccurrences(of: original, with: replacement)
    #expect(text != Self.published)
    let error = #expect(throws: ModelConfigurationError.self) {
      try HuggingFaceConfiguration(json: Data(text.utf8))
    }
    #expect(try #require(error).description.contains(field))
    #expect(try !#require(error).description.contains("\n"))
  }

  @Test func layoutCoversTheBufferWithoutGaps() {
    for head in Head.allCases {
      for tied in [true, false] {
        let layout = ParameterLayout(ModelReference.configuration(tied: tied), head: head)
        var next = 0
        for tensor in layout.tensors {
          #expect(tensor.offset == next)
          next += tensor.count
        }
        #expect(next == layout.count)
        #expect((layout["lm_head.weight"] != nil) == (head == .languageModel && !tied))
        #expect((layout["score.weight"]?.shape == [1, 32]) == (head == .scalar))
        #expect(layout["model.layers.1.self_attn.k_proj.weight"]?.shape == [32, 32])
        #expect(layout["model.layers.0.mlp.down_proj.weight"]?.shape == [32, 56])
        #expect(layout["model.norm.weight"]?.decays == false)
        #expect(layout["model.embed_tokens.weight"]?.decays == true)
      }
    }
  }
}

@Suite struct ModelInitialisationTests {
  private let configuration = ModelReference.configuration(tied: false)

  private func deviation(_ model: Model, _ name: String) throws -> Double {
    let values = model.parameters.slice(try #require(model.layout[name]).range).map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    #expect(abs(mean) < 0.003)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
      .squareRoot()
  }

  @Test func deviations() throws {
    let model = Model(configuration: configuration, initializedBy: 1)
    let layer = "model.layers.1."
    #expect(abs(try deviation(model, "model.embed_tokens.weight") - 0.02) < 0.002)
    #expect(abs(try deviation(model, "lm_head.weight") - 0.02) < 0.002)
    #expect(abs(try deviation(model, layer + "mlp.up_proj.weight") - 0.02) < 0.002)
    #expect(abs(try deviation(model, layer + "mlp.down_proj.weight") - 0.01) < 0.001)
    #expect(abs(try deviation(model, layer + "self_attn.o_proj.weight") - 0.01) < 0.001)
    let norm = try #require(model.layout["model.norm.weight"])
    #expect(model.parameters.slice(norm.range).allSatisfy { $0 == 1 })
  }

  @Test func dependsOnSeedAndNameOnly() throws {
    let all = 0..<ParameterLayout(configuration, head: .languageModel).count
    let model = Model(configuration: configuration, initializedBy: 1)
    let again = Model(configuration: configuration, initializedBy: 1)
    let other = Model(configuration: configuration, initializedBy: 2)
    #expect(Array(model.parameters.slice(all)) == Array(again.parameters.slice(all)))
    #expect(Array(model.parameters.slice(all)) != Array(other.parameters.slice(all)))
    var deeper = configuration
    deeper.vocabularySize = 70
    let larger = Model(configuration: deeper, initializedBy: 1)
    let name = "model.layers.0.self_attn.q_proj.weight"
    #expect(
      Array(model.parameters.slice(try #require(model.layout[name]).range))
        == Array(larger.parameters.slice(try #require(larger.layout[name]).range)))
  }

  @Test func copyIsDeepAndChangesHeads() throws {
    let model = Model(configuration: configuration, initializedBy: 1)
    let scalar = model.copy(head: .scalar)
    for tensor in scalar.layout.tensors {
      let values = Array(scalar.parameters.slice(tensor.range))
      if tensor.name == "score.weight" {
        #expect(values.allSatisfy { $0 == 0 })
      } else {
        let source = try #require(model.layout[tensor.name])
        #expect(values == Array(model.parameters.slice(source.range)))
      }
    }
    let copy = model.copy()
    #expect(copy.head == .languageModel)
    copy.parameters[0] += 1
    #expect(copy.parameters[0] != model.parameters[0])
  }
}
