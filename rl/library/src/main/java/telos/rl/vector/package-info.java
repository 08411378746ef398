/// Several environments stepped together, so that a policy acts on batches.
///
/// [VectorEnvironment] has three kinds, one for each answer to the question what follows the end of
/// an episode: [SameStep] (what training here uses), [NextStep] (what Gymnasium does unless told
/// otherwise) and [Disabled]. The kind is a type, and each gives the same transitions to store: a
/// [VectorStep] knows which of its rows really happened.
package telos.rl.vector;
