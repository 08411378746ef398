package telos.nn.text;

/// Decodes ids as they come. What [#add] has returned never changes; bytes that are not yet a whole
/// character, and what a later token could still change, are held back. All that was returned, with
/// [#finish] in the end, is what [Tokenizer#decode] makes of all ids at once. Belongs to one
/// thread.
public interface DecodeStream {
  /// The text that became certain with these ids, often empty.
  String add(int... ids);

  /// The rest. Nothing can be added any more.
  String finish();
}
