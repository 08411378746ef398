/// Experience in files: what offline algorithms learn from, and what learnt policies leave behind.
///
/// One value runs through everything: an [Episode], its columns as wide as its spaces are deep
/// ([Column]), beside a [Header] that says which spaces those are and where the data come from. A
/// file gives [Episodes], one in memory at a time, and a writer is what takes them, so that every
/// conversion is one line:
///
///     try (var hopper = D4rl.open(file); var records = RecordWriter.create(to, hopper.header())) {
///       hopper.forEach(records);
///     }
///
/// Three formats. [Minari] reads the directories of the Farama Foundation's library and
/// [MinariWriter] writes them: HDF5, a group for each episode, spaces of any kind. [D4rl] reads
/// the flat HDF5 files of Fu et al. (2020), finds the episodes in them and never joins the end of
/// one to the beginning of the next; [ReferenceScore] puts returns on its scale. [RecordFile] and
/// [RecordWriter] are telos' own: protocol buffers in TFRecord frames, to which a running process
/// appends and which survive its death, for [Item]s that the others have no place for: whose
/// demonstration it is, which of two segments was preferred, what the policy thought while it
/// acted. Their schema is the resource `records.proto`, so any language reads them.
///
/// Algorithms learn from [telos.rl.Trajectory], which [Header#trajectory] makes of an episode
/// whose spaces are boxes or discrete. [Collect] goes the other way: it lets a policy act in many
/// environments at once and hands over whole episodes.
///
/// A file is data that may be wrong: sizes are checked against it before memory is taken, no link
/// leads out of it, and what does not fit is a [telos.nn.format.FormatException] of one sentence.
///
/// Reading order: [Episode], [Header], [Episodes], [Minari], [D4rl], [RecordFile], [Collect].
package telos.rl.data;
