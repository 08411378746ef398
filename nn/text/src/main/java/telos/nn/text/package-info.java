/// Text: tokenizers and text data.
///
/// Reading order: [telos.nn.text.Tokenizer], then from the simplest to the one for real text:
/// [telos.nn.text.ByteTokenizer], [telos.nn.text.CharTokenizer], [telos.nn.text.SubwordTokenizer].
/// The last is made of parts, each a closed set of records that says what is done:
/// [telos.nn.text.Normalizer], [telos.nn.text.PreTokenizer], [telos.nn.text.TokenModel],
/// [telos.nn.text.PostProcessor], [telos.nn.text.Decoder], together a [telos.nn.text.Pipeline].
/// [telos.nn.text.BytePairTrainer] learns one from texts. [telos.nn.text.PreferenceData] reads
/// human preferences. [telos.nn.text.ChatTemplate] makes tokens of a [telos.nn.text.Chat].
/// [telos.nn.text.Example] is a line of fine-tuning data, [telos.nn.text.Demonstrations] makes
/// tokens of it, [telos.nn.text.DemonstrationStream] shuffles a file of them.
package telos.nn.text;
