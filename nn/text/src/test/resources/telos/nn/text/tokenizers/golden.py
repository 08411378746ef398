# Trains a small tokenizer of every kind and writes what the library makes of a list of texts: golden.py DIRECTORY
import json, sys, os
from tokenizers import Tokenizer, Regex, AddedToken, models as M, normalizers as N, pre_tokenizers as P, decoders as D, processors as T, trainers as R
out = sys.argv[1]
corpus = [
 "The quick brown fox jumps over the lazy dog. It's 1234 o'clock, isn't it?\n",
 "Then the other thing: we'll see them there, and they've seen those theories!\n\n  indented\tline\r\n",
 "Čeština žluťoučký kůň; straße naïve café déjà vu; Ελληνικά; русский текст; 日本語のテキスト。한국어 텍스트; हिन्दी\n",
 "def f(x):\n    return x ** 2 + 3.14159  # numbers 2024 10000000\n",
] * 3
texts = [
 "", " ", "   ", "a", "Hello world", "Hello  world ", " leading", "The quick brown fox isn't 12345 years old; it's 7!",
 "We'Ll SEE 'S i'm I'M they'Ve\u017f x'\u017f", "tabs\tand\nnewlines\r\n\r\n  mixed \n \n x   ", "caf\u00e9 cafe\u0301 na\u00efve \u00c5ngstro\u0308m \ufb01ne \u2460\u00bd \uff21\uff22",
 "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3002\ud55c\uad6d\uc5b4 \u4e2d\u56fd\u56fd", "emoji \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea!", "\u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22 \u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
 "<s>not a token</s> [CLS] <|end|> <tool> a<tool>b", "x<|end|>y <|end|> z", "\u00a0nbsp\u2003em\u3000ideographic\u0085nel\u2028ls", "\u0663\u0664\u0665 \u2167 \u00b2 1\u20442 3,141.59 10-20", "aaaaaaaaaaaaaaaa bbbbbbbb", "___ --- ... !!! ?! $$ \u20ac\u00a3",
 "\u0130stanbul \u03a3\u0391\u03a3 \u00df\u1e9e", "zero\u200bwidth\u00adsoft \ufeffbom \ue000 \u0378", "line1\n\nline2\n\n\n   line3", "q\u0307\u0323 \u1e0b\u0323", "the  <tool>  the <tool>the <word> aword wordy word.", "unbelievable theories thereof otherthing",
 "\ud55c\u1100\u1161\u11a8 \uff76\uff9e", "<0x0A> <0xE2>",
]
L3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
Q2 = L3.replace(r"\p{N}{1,3}", r"\p{N}")
O2 = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
C1 = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
def split(rx): return P.Sequence([P.Split(Regex(rx), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)])
def bl(): return sorted(P.ByteLevel.alphabet())
kinds = {}
def bpe_level(pre, norm=None, size=420, specials=("<pad>","<bos>","<eos>","<|end|>"), added=(), post=None, ignore=False):
    t = Tokenizer(M.BPE(ignore_merges=ignore)); t.pre_tokenizer = pre
    if norm: t.normalizer = norm
    t.decoder = D.ByteLevel()
    t.train_from_iterator(corpus, R.BpeTrainer(vocab_size=size, min_frequency=2, special_tokens=list(specials), initial_alphabet=bl(), show_progress=False))
    if added: t.add_tokens(list(added))
    if post: t.post_processor = post
    return t
kinds["gpt2"] = bpe_level(P.ByteLevel(add_prefix_space=False), post=T.ByteLevel(trim_offsets=False))
kinds["gpt2-prefix"] = bpe_level(P.ByteLevel(add_prefix_space=True), size=380, post=T.ByteLevel(trim_offsets=True, add_prefix_space=True))
t = bpe_level(split(L3), size=400, ignore=True); i = t.token_to_id("<bos>")
t.post_processor = T.Sequence([T.ByteLevel(trim_offsets=False), T.TemplateProcessing(single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", i)])])
kinds["llama3"] = t
kinds["qwen2"] = bpe_level(split(Q2), norm=N.NFC(), size=400, added=[AddedToken("<tool>", normalized=False), AddedToken("word", single_word=True, normalized=True), AddedToken("<word>", lstrip=True, rstrip=True, normalized=False)])
kinds["o200k"] = bpe_level(split(O2), size=380)
kinds["cl100k"] = bpe_level(split(C1), size=380)
kinds["smollm"] = bpe_level(P.Sequence([P.Digits(individual_digits=True), P.ByteLevel(add_prefix_space=False)]), size=380)
kinds["roberta"] = (t := bpe_level(P.ByteLevel(add_prefix_space=False), size=360, specials=("<s>","<pad>","</s>","<unk>","<mask>")))
t.post_processor = T.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
def bytes_vocab(): return ["<0x%02X>" % b for b in range(256)]
# Llama 2: byte fallback, Prepend and Replace, Fuse and Strip
t = Tokenizer(M.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
t.normalizer = N.Sequence([N.Prepend("\u2581"), N.Replace(" ", "\u2581")])
tr = Tokenizer(M.BPE(unk_token="<unk>")); tr.normalizer = t.normalizer; tr.pre_tokenizer = P.Split("\u2581", "merged_with_next")
tr.train_from_iterator([c for c in corpus if "\u65e5" not in c], R.BpeTrainer(vocab_size=420, min_frequency=2, special_tokens=["<unk>","<s>","</s>"] + bytes_vocab(), show_progress=False))
j = json.loads(tr.to_str()); j["model"].update(byte_fallback=True, fuse_unk=True); j["pre_tokenizer"] = None
j["added_tokens"] = j["added_tokens"][:3]
t = Tokenizer.from_str(json.dumps(j)); t.decoder = D.Sequence([D.Replace("\u2581", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
t.post_processor = T.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
kinds["llama2"] = t
t = Tokenizer.from_str(t.to_str()); t.normalizer = N.Sequence([]); t.pre_tokenizer = P.Metaspace(prepend_scheme="first", split=False); 
kinds["llama2-metaspace"] = t
# old word-level BPE with suffix
t = Tokenizer(M.BPE(unk_token="<unk>", end_of_word_suffix="</w>")); t.normalizer = N.Sequence([N.NFKC(), N.Lowercase()]); t.pre_tokenizer = P.Whitespace(); t.decoder = D.BPEDecoder()
t.train_from_iterator(corpus, R.BpeTrainer(vocab_size=260, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False)); kinds["bpe-suffix"] = t
t = Tokenizer(M.BPE(unk_token="<unk>", continuing_subword_prefix="@@", fuse_unk=True)); t.normalizer = N.Sequence([N.NFD(), N.StripAccents()]); t.pre_tokenizer = P.WhitespaceSplit()
t.train_from_iterator(corpus[:2], R.BpeTrainer(vocab_size=200, special_tokens=["<unk>"], continuing_subword_prefix="@@", show_progress=False)); kinds["bpe-prefix"] = t
# BERT
for name, kw in [("bert", {}), ("bert-cased", dict(lowercase=False, strip_accents=False, handle_chinese_chars=True))]:
    t = Tokenizer(M.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12)); t.normalizer = N.BertNormalizer(**kw); t.pre_tokenizer = P.BertPreTokenizer(); t.decoder = D.WordPiece()
    t.train_from_iterator(corpus, R.WordPieceTrainer(vocab_size=330, special_tokens=["[PAD]","[UNK]","[CLS]","[SEP]","[MASK]"], show_progress=False))
    t.post_processor = T.BertProcessing(("[SEP]", 3), ("[CLS]", 2)) if not kw else T.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]",2),("[SEP]",3)])
    kinds[name] = t
# Unigram (ALBERT/T5 like), and with byte fallback
for name in ("unigram", "unigram-bytes"):
    t = Tokenizer(M.Unigram()); t.normalizer = N.Sequence([N.Nmt(), N.NFKC(), N.Replace(Regex(" {2,}"), " "), N.Strip()]); t.pre_tokenizer = P.Metaspace(); t.decoder = D.Metaspace()
    cs = corpus if name == "unigram" else [c for c in corpus if "\u65e5" not in c]
    t.train_from_iterator(cs, R.UnigramTrainer(vocab_size=200, special_tokens=["<pad>","</s>","<unk>"] + (bytes_vocab() if name != "unigram" else []), unk_token="<unk>", show_progress=False))
    j = json.loads(t.to_str())
    if name != "unigram": j["model"]["byte_fallback"] = True; j["added_tokens"] = j["added_tokens"][:3]; j["decoder"] = json.loads('{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":true}]}')
    t = Tokenizer.from_str(json.dumps(j)); t.post_processor = T.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    kinds[name] = t
t = Tokenizer(M.WordLevel(unk_token="<unk>")); t.pre_tokenizer = P.Sequence([P.Punctuation("contiguous"), P.Whitespace(), P.Digits(False)])
t.train_from_iterator(corpus, R.WordLevelTrainer(special_tokens=["<unk>"], show_progress=False)); t.enable_truncation(64, stride=2); t.enable_padding(pad_id=0, pad_token="<unk>", length=16); kinds["word-level"] = t
os.makedirs(out, exist_ok=True)
def units(text):  # code point offset to UTF-16 offset
    at = [0]
    for c in text: at.append(at[-1] + (2 if ord(c) > 0xffff else 1))
    return at
for name, t in kinds.items():
    t.save(f"{out}/{name}.json", pretty=False)
    t.no_truncation(); t.no_padding()
    rows = []
    for text in texts:
        u = units(text)
        row = {"text": text}
        e = t.encode(text); row["specials"] = t.encode(text, add_special_tokens=False).ids
        t.encode_special_tokens = True
        e = t.encode(text); p = t.encode(text, add_special_tokens=False)
        row.update(ids=p.ids, framed=e.ids, segments=e.type_ids, offsets=[[u[a], u[b]] for a, b in e.offsets])
        q = t.encode(text, "the pair"); row.update(pair=q.ids, pairSegments=q.type_ids)
        t.encode_special_tokens = False
        row["decoded"] = t.decode(p.ids)
        rows.append(row)
    with open(f"{out}/{name}.expected.jsonl", "w") as f:
        for r in rows: f.write(json.dumps(r, ensure_ascii=True) + "\n")
with open(f"{out}/corpus.json", "w") as f: json.dump(corpus, f, ensure_ascii=True)
