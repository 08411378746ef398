"""Writes tiny random BERTs and what transformers and sentence-transformers make of texts with them.

usage: python golden.py DIRECTORY
Made with torch 2.11, transformers 5.17 and sentence-transformers 6; of what these save, the files
that no test reads were left out, and expected numbers were rounded to 8 digits.
"""
import json, os, shutil, sys
import torch
from transformers import BertConfig, BertModel, BertForMaskedLM, BertTokenizerFast

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list("abcdefghijklmnopqrstuvwxyz") + ["##" + c for c in "abcdefghijklmnopqrstuvwxyz"] + \
    [".", ",", "!", "?", "the", "cat", "sat", "on", "mat", "dog", "bird", "is", "a", "good", "##ing", "##ed", "play", "run"]

def tokenizer(d, limit):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, decoders
    t = Tokenizer(models.WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.decoder = decoders.WordPiece()
    t.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    f = BertTokenizerFast(tokenizer_object=t, model_max_length=limit, do_lower_case=True)
    f.save_pretrained(d)
    return f

def lively(model, seed):
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for n, p in model.named_parameters():
            scale = 0.3 if p.dim() > 1 else 0.1
            p.add_(torch.randn(p.shape, generator=g) * scale)
    return model.eval()

texts = ["The cat sat on the mat.", "Is a dog a good bird?", "playing", "the running dog played, the bird sat!", "zebra on a mat"]

def numbers(t):
    return [float(x) for x in t.detach().double().flatten()]

def hidden(model, tok):
    ids = [tok(t)["input_ids"] for t in texts]
    rows = []
    for row in ids:
        x = torch.tensor([row])
        o = model(input_ids=x, attention_mask=torch.ones_like(x))
        rows.append({"ids": row, "hidden": numbers(o.last_hidden_state), "pooler": numbers(o.pooler_output) if o.pooler_output is not None else None})
    types = torch.tensor([[0] * (len(ids[0]) // 2) + [1] * (len(ids[0]) - len(ids[0]) // 2)])
    o = model(input_ids=torch.tensor([ids[0]]), token_type_ids=types)
    return rows, {"types": types[0].tolist(), "hidden": numbers(o.last_hidden_state)}

# 1: a sentence-transformers directory, mean pooling and normalisation
torch.manual_seed(1)
d = os.path.join(out, "hf-mean")
cfg = BertConfig(vocab_size=len(words), hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, max_position_embeddings=40, type_vocab_size=2, hidden_act="gelu")
model = lively(BertModel(cfg), 1)
model.save_pretrained(d)
tok = tokenizer(d, 40)
rows, typed = hidden(model, tok)
expected = {"texts": texts, "rows": rows, "typed": typed}
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer


def sentence(name, mode, norm):
    modules = [Transformer(d), Pooling(24, pooling_mode=mode)] + ([Normalize()] if norm else [])
    st = SentenceTransformer(modules=modules, device="cpu")
    st.save_pretrained(os.path.join(out, name))
    return [[float(x) for x in r] for r in st.encode(texts, convert_to_numpy=True, batch_size=3)]


expected["mean"] = sentence("mean", "mean", True)
expected["cls"] = sentence("cls", "cls", False)
shutil.rmtree(os.path.join(out, "cls"))
json.dump(expected, open(os.path.join(out, "mean", "expected.json"), "w"))

# 2: a plain directory with a head: names with the prefix bert., relu
torch.manual_seed(2)
p = os.path.join(out, "masked")
cfg = BertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=20, max_position_embeddings=32, type_vocab_size=2, hidden_act="relu")
mlm = lively(BertForMaskedLM(cfg), 2)
mlm.save_pretrained(p)
tok = tokenizer(p, 32)
rows, typed = hidden(mlm.bert, tok)
json.dump({"texts": texts, "rows": rows, "typed": typed}, open(os.path.join(p, "expected.json"), "w"))
shutil.rmtree(d)
