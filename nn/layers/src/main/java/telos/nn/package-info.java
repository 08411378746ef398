/// Layers, models, losses, optimizers and generation.
///
/// A model is a record of tensors and of other records; nothing here holds state or has a train
/// flag. The paths of its components are the names of its parameters. Read in this order:
///
/// 1. [telos.nn.Linear], [telos.nn.Embedding], [telos.nn.Mlp]: what a layer looks like, with
///    [telos.nn.Init] for the first values.
/// 2. [telos.nn.CausalAttention], [telos.nn.Block], [telos.nn.Gpt]: the transformer, from one
///    packed product for queries, keys and values up to logits. [telos.nn.ValueModel] puts a scalar
///    head on it. [telos.nn.GptConfig] says what all of them look like: GPT-2, Llama, Mistral,
///    Qwen.
/// 3. [telos.nn.Losses] and [telos.nn.LogProbs]: what is minimised, as sum and weight.
/// 4. [telos.nn.Optimizer], [telos.nn.AdamW], [telos.nn.Schedule], [telos.nn.Clip]: how a model
///    becomes the next model.
/// 5. [telos.nn.KvCache], [telos.nn.Decoding], [telos.nn.Generator]: how a model writes, with the
///    same log-probabilities, to the bit, as in training; [telos.nn.Scoring] rates what is written.
/// 6. [telos.nn.Quantize]: the same model with weights of two bytes or one.
///
/// Shapes: B batch, T time, D model (or one head's) width, H heads, K key heads, V vocabulary.
/// Padding stands only after a sequence.
@org.jspecify.annotations.NullMarked
package telos.nn;
