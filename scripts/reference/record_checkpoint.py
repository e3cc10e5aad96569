#!/usr/bin/env python3
"""Saves small models with Hugging Face's transformers, for Tests/TransformerTests.

    python3 scripts/reference/record_checkpoint.py

Needs torch, transformers and tokenizers, and Reference/tokenizer.json from
record_tokenizer.py. Writes under Tests/TransformerTests/Reference:

  checkpoint-float32/   a LlamaForCausalLM with tied embeddings and its tokenizer
  checkpoint-shards/    an untied one in bfloat16, in several shards
  checkpoint-reward/    a LlamaForSequenceClassification with one label
  checkpoint.json       for each: a text, its ids, and in float32 on one thread the
                        log-probability of every next token, or the score
"""
import json
import pathlib

import tokenizers
import torch
import transformers

REFERENCE = pathlib.Path(__file__).parents[2] / "Tests/TransformerTests/Reference"
TEXT = "<|user|>It's the year 2024, they've said.<|end|>"


def tokenizer():
    """The tokenizer of the other script with its first merges only."""
    description = json.loads((REFERENCE / "tokenizer.json").read_text())["tokenizer"]
    model = description["model"]
    merges = model["merges"][:21]
    kept = {"".join(merge) for merge in merges}
    model["vocab"] = {
        token: id for token, id in model["vocab"].items() if id < 259 or token in kept}
    model["merges"] = merges
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizers.Tokenizer.from_str(json.dumps(description)),
        eos_token="<|endoftext|>", pad_token="<|end|>")


def save(name, kind, tokens, dtype, **settings):
    torch.manual_seed(len(name))
    configuration = transformers.LlamaConfig(
        vocab_size=len(tokens), hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
        rms_norm_eps=1e-5, initializer_range=0.3, bos_token_id=None, eos_token_id=0,
        pad_token_id=2, attn_implementation="eager", **settings)
    model = kind(configuration).to(dtype).eval()
    directory = REFERENCE / f"checkpoint-{name}"
    model.save_pretrained(directory, max_shard_size="12KB" if name == "shards" else "1GB")
    tokens.save_pretrained(directory)
    ids = tokens(TEXT)["input_ids"]
    # Read back: a cast in memory would round the rotary frequencies too.
    model = kind.from_pretrained(
        directory, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        if kind is transformers.LlamaForSequenceClassification:
            # Its pooling looks for padding, so the head is applied by hand.
            hidden = model.model(torch.tensor([ids])).last_hidden_state[0]
            values = model.score(hidden)[-1].tolist()
        else:
            logits = model(torch.tensor([ids])).logits[0]
            chosen = torch.log_softmax(logits, -1)[range(len(ids) - 1), ids[1:]]
            values = chosen.tolist()
    return {"name": name, "text": TEXT, "ids": ids, "values": values}


def main():
    torch.set_num_threads(1)
    tokens = tokenizer()
    causal = transformers.LlamaForCausalLM
    result = [
        save("float32", causal, tokens, torch.float32, tie_word_embeddings=True),
        save("shards", causal, tokens, torch.bfloat16, tie_word_embeddings=False),
        save("reward", transformers.LlamaForSequenceClassification, tokens, torch.float32,
             num_labels=1, tie_word_embeddings=True),
    ]
    (REFERENCE / "checkpoint.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
