/// Text: tokenizers and text data.
///
/// Reading order: [telos.nn.text.Tokenizer], then from the simplest to the one for real text:
/// [telos.nn.text.ByteTokenizer], [telos.nn.text.CharTokenizer], [telos.nn.text.BytePairTokenizer].
/// [telos.nn.text.PreferenceData] reads human preferences.
package telos.nn.text;
