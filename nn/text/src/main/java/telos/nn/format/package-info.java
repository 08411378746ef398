/// Files: models, weights, checkpoints, event logs. What is read here is data and nothing else.
///
/// Opening a file never runs code, never leaves the named directory, never allocates from a size
/// that has not been checked against the file, and ends in a value or in one
/// [telos.nn.format.FormatException] whose sentence names file, fault and place. What is written
/// goes to a temporary sibling, is forced to the disk, then renamed.
///
/// Reading order: [telos.nn.format.SafeTensors] (weights), [telos.nn.format.Pretrained] and
/// [telos.nn.format.PretrainedReward] (the model directories of Hugging Face's library),
/// [telos.nn.format.PeftAdapter] (adapters for them), [telos.nn.format.Checkpoint] (a resumable
/// state), [telos.nn.format.TensorBoardWriter] (curves), with [telos.nn.format.Json],
/// [telos.nn.format.AtomicFiles] and [telos.nn.format.TfRecord] beneath them.
package telos.nn.format;
