#!/usr/bin/env python3
"""How fast PyTorch trains and samples, for scripts/bench.

    python3 scripts/reference/bench_torch.py micro|smol train [--chunk N]
    python3 scripts/reference/bench_torch.py micro|smol generate [--loop] [--single]

Both take --bf16, --compile and --reps N. Prints the median of the timed rounds,
as tokens per second. Needs torch and transformers.

Train is one AdamW step on 32 x 256 (micro) or 4 x 512 (smol) tokens, gradients
accumulated over --chunk sequences at a time. Generate samples 64 tokens after
each of 64 (micro) or 16 (smol) prompts of 128; with --single, after one prompt
of one token. It does so by transformers' own `generate`, or with --loop by a
bare loop on a static cache, which does less between two steps.
"""
import argparse
import statistics
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM, StaticCache

SHAPES = {
    "micro": dict(
        vocab_size=2048, hidden_size=256, intermediate_size=704, num_hidden_layers=6,
        num_attention_heads=8, num_key_value_heads=8, max_position_embeddings=512),
    "smol": dict(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
        num_attention_heads=9, num_key_value_heads=3, max_position_embeddings=2048),
}
DOCUMENTS = {"micro": (32, 256), "smol": (4, 512)}
SEQUENCES = {"micro": 64, "smol": 16}
PROMPT, NEW = 128, 64


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", choices=SHAPES)
    parser.add_argument("task", choices=["train", "generate"])
    parser.add_argument("--chunk", type=int)
    parser.add_argument("--loop", action="store_true")
    parser.add_argument("--single", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--reps", type=int, default=3)
    return parser.parse_args()


def training(model, options):
    """One step, and the tokens it works on."""
    count, length = DOCUMENTS[options.config]
    chunk = options.chunk or count
    tokens = torch.randint(2, model.config.vocab_size, (count, length))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    forward = torch.compile(model) if options.compile else model

    def step():
        for start in range(0, count, chunk):
            part = tokens[start:start + chunk]
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16):
                loss = forward(input_ids=part, labels=part, use_cache=False).loss
            (loss * (len(part) / count)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step, count * length


def generation(model, options):
    """One batch of answers, and the tokens it makes."""
    count, length = (1, 1) if options.single else (SEQUENCES[options.config], PROMPT)
    if options.bf16:
        model = model.to(torch.bfloat16)
    model.eval()
    prompts = torch.randint(2, model.config.vocab_size, (count, length))

    def library():
        return model.generate(
            prompts, attention_mask=torch.ones_like(prompts), max_new_tokens=NEW,
            min_new_tokens=NEW, do_sample=True, top_k=0, pad_token_id=1)

    decode = torch.compile(model) if options.compile else model

    def loop():
        cache = StaticCache(config=model.config, max_cache_len=length + NEW)
        tokens, positions, forward = prompts, torch.arange(length), model
        answers = []
        for step in range(NEW):
            logits = forward(
                input_ids=tokens, past_key_values=cache, cache_position=positions,
                position_ids=positions[None], logits_to_keep=1).logits[:, -1]
            tokens = torch.multinomial(logits.float().softmax(-1), 1)
            answers.append(tokens)
            positions, forward = torch.tensor([length + step]), decode
        return torch.cat(answers, 1)

    chosen = loop if options.loop else library

    def run():
        with torch.no_grad():
            assert chosen().shape[-1] >= NEW

    return run, count * NEW


def main():
    options = parse()
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            **SHAPES[options.config], tie_word_embeddings=True, bos_token_id=0, eos_token_id=1))
    make = training if options.task == "train" else generation
    work, tokens = make(model, options)
    seconds = []
    for _ in range(1 + options.reps):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds[1:])
    print(f"{options.task} {options.config}: {tokens / median:.1f} tok/s, {median:.3f} s")


main()
