/// Serving a language model.
///
/// 1. [telos.nn.serve.ServedModel] is what answers; [telos.nn.serve.Server] lets it be asked over
///    HTTP as OpenAI's API is, with [telos.nn.serve.Limits] and [telos.nn.serve.Access] against
///    those who ask too much or may not ask. [telos.nn.serve.Conversation] is the same without
///    HTTP.
/// 2. `Api` knows the paths, `RequestReader` what requests say, `Answering` and the two `Form`s
///    what is answered.
/// 3. `Engine` is the continuous batching: one thread, one `Batch`, rows that join and leave
///    between two steps. `ChoiceText` makes text of the tokens of a row.
@org.jspecify.annotations.NullMarked
package telos.nn.serve;
