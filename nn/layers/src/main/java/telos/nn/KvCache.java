package telos.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import telos.tensor.Shape;
import telos.tensor.Storage;
import telos.tensor.Tensor;
import telos.tensor.Tree;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.PutAt;

/// Keys and values of the positions a model has already seen: a value. Rows may stand at different
/// positions. Every layer holds blocks of 64 positions in the layout of [CachedAttention]; blocks
/// are immutable, appending copies the ones it writes to and shares the rest.
///
/// @param layers one entry a layer of the model
/// @param lengths I32 `[B]`, how many positions each row holds
public record KvCache(List<Blocks> layers, Tensor lengths) {
  private static final int BLOCK = CachedAttention.BLOCK;

  public KvCache {
    layers = List.copyOf(layers);
  }

  /// The blocks of one layer, those of position 0 first. What stands at positions a row has not
  /// reached is arbitrary but finite.
  ///
  /// @param keys `[B, K, D, 64]` each
  /// @param values `[B, K, 64, D]` each
  public record Blocks(List<Tensor> keys, List<Tensor> values) {
    public Blocks {
      keys = List.copyOf(keys);
      values = List.copyOf(values);
    }

    /// Cuts the keys and values of a whole pass into blocks.
    ///
    /// @param packed `[B, T, H + 2K, D]`
    static Blocks of(Tensor packed, int heads, int keyHeads) {
      return cut(packed.slice(2, heads, heads + 2 * keyHeads));
    }

    /// @param pairs `[B, T, 2K, D]`: of each position the keys, then the values
    private static Blocks cut(Tensor pairs) {
      int keyHeads = pairs.dim(2) / 2;
      int blocks = blocks(pairs.dim(1));
      Tensor byHead = pairs.permute(0, 2, 1, 3).pad(2, 0, blocks * BLOCK - pairs.dim(1));
      List<Tensor> keys = new ArrayList<>();
      List<Tensor> values = new ArrayList<>();
      for (int i = 0; i < blocks; i++) {
        Tensor block = byHead.slice(2, i * BLOCK, (i + 1) * BLOCK);
        keys.add(block.slice(1, 0, keyHeads).transpose(2, 3));
        values.add(block.slice(1, keyHeads, 2 * keyHeads));
      }
      return new Blocks(keys, values);
    }

    /// Writes one position a row.
    ///
    /// @param packed `[B, 1, H + 2K, D]`
    /// @param owned whether nobody appends to this value again: positions before the new one are
    ///   the same in both, so the blocks may be written to instead of copied
    Blocks with(Slots slots, Tensor packed, int heads, int keyHeads, boolean owned) {
      int batch = packed.dim(0);
      int width = packed.dim(3);
      Tensor row = packed.squeeze(1);
      Tensor key = row.slice(1, heads, heads + keyHeads);
      Tensor value = row.slice(1, heads + keyHeads, heads + 2 * keyHeads);
      List<Tensor> newKeys = new ArrayList<>(keys);
      List<Tensor> newValues = new ArrayList<>(values);
      for (int i = 0; i < slots.positions().size(); i++) {
        int block = slots.first() + i;
        boolean fresh = block == newKeys.size();
        if (fresh) {
          newKeys.add(Tensor.full(0, packed.dtype(), Shape.of(batch, keyHeads, width, BLOCK)));
          newValues.add(Tensor.full(0, packed.dtype(), Shape.of(batch, keyHeads, BLOCK, width)));
        }
        Tensor slot = slots.positions().get(i);
        boolean free = owned || fresh;
        newKeys.set(block, new PutAt(newKeys.get(block), key, slot, 3, free).result());
        newValues.set(block, new PutAt(newValues.get(block), value, slot, 2, free).result());
      }
      return new Blocks(newKeys, newValues);
    }

    /// Writes several positions a row.
    ///
    /// @param packed `[B, n, H + 2K, D]`
    Blocks with(Span span, Tensor packed, int heads, int keyHeads) {
      Tensor fresh = packed.slice(2, heads, heads + 2 * keyHeads);
      List<Tensor> parts = new ArrayList<>();
      for (int i = span.first(); i < keys.size(); i++) {
        parts.add(
            Tensor.concat(
                2, List.of(keys.get(i).permute(0, 3, 1, 2), values.get(i).permute(0, 2, 1, 3))));
      }
      parts.add(fresh);
      Tensor both = Tensor.concat(1, parts);
      Shape one = both.shape().without(0).without(0);
      Tensor rows = both.reshape(one.insert(0, both.dim(0) * both.dim(1)));
      return first(span.first()).append(cut(rows.gather(0, span.index())));
    }

    private Blocks append(Blocks more) {
      return new Blocks(joined(keys, more.keys), joined(values, more.values));
    }

    /// The first blocks, at most `count`.
    Blocks first(int count) {
      int kept = Math.min(count, keys.size());
      return new Blocks(keys.subList(0, kept), values.subList(0, kept));
    }

    /// Of at least `count` blocks, new ones zero.
    private Blocks grown(int count) {
      Blocks grown = this;
      while (grown.keys.size() < count) {
        Tensor key = keys.getFirst().zerosLike();
        grown = grown.append(new Blocks(List.of(key), List.of(values.getFirst().zerosLike())));
      }
      return grown;
    }

    Blocks gather(Tensor rows) {
      return new Blocks(
          keys.stream().map(block -> block.gather(0, rows)).toList(),
          values.stream().map(block -> block.gather(0, rows)).toList());
    }

    private static Blocks concat(List<Blocks> parts) {
      int count = parts.stream().mapToInt(part -> part.keys.size()).max().orElseThrow();
      List<Blocks> grown = parts.stream().map(part -> part.grown(count)).toList();
      return new Blocks(
          IntStream.range(0, count)
              .mapToObj(i -> Tensor.concat(0, grown.stream().map(p -> p.keys.get(i)).toList()))
              .toList(),
          IntStream.range(0, count)
              .mapToObj(i -> Tensor.concat(0, grown.stream().map(p -> p.values.get(i)).toList()))
              .toList());
    }
  }

  private static <T> List<T> joined(List<T> first, List<T> second) {
    List<T> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  private static int blocks(int positions) {
    return (positions + BLOCK - 1) / BLOCK;
  }

  /// Where the next position of every row goes.
  ///
  /// @param first index of the first block that is written to
  /// @param positions I32 `[B]` for that block and those after it: each row's slot, or a number
  ///   outside the block
  record Slots(int first, List<Tensor> positions) {}

  /// Where several positions of every row go: those of the blocks from `first` on are gathered from
  /// what the blocks held, R positions a row, and n new ones behind them.
  ///
  /// @param first index of the first block that is written to
  /// @param index I32 `[B, S]` into the `B (R + n)` positions
  record Span(int first, Tensor index) {}

  /// Number of rows, B.
  public int batch() {
    return lengths.dim(0);
  }

  /// The rows at `rows` (I32 `[b]`), in that order; a row may occur more than once.
  public KvCache gather(Tensor rows) {
    return new KvCache(
        layers.stream().map(layer -> layer.gather(rows)).toList(), lengths.gather(0, rows));
  }

  /// The rows of several caches of one model, one after the other.
  public static KvCache concat(List<KvCache> parts) {
    int layers = parts.getFirst().layers.size();
    return new KvCache(
        IntStream.range(0, layers)
            .mapToObj(i -> Blocks.concat(parts.stream().map(part -> part.layers.get(i)).toList()))
            .toList(),
        Tensor.concat(0, parts.stream().map(part -> part.lengths).toList()));
  }

  /// What the model had seen when every row had at most `length` positions: the memory is shared.
  ///
  /// @param length at least 1
  public KvCache first(int length) {
    if (length < 1) {
      throw new IllegalArgumentException(
          "cache: the first " + length + " positions; needs at least 1");
    }
    return new KvCache(
        layers.stream().map(layer -> layer.first(blocks(length))).toList(),
        lengths.minimum(lengths.onesLike().mul(length)));
  }

  /// The same rows with other lengths, none longer than it was.
  KvCache at(int[] shorter) {
    return new KvCache(layers, Tensor.of(shorter));
  }

  Span span(int count) {
    int[] at = lengths.toInts();
    int first = Arrays.stream(at).min().orElse(0) / BLOCK;
    int held = (layers.getFirst().keys().size() - first) * BLOCK;
    int end = Arrays.stream(at).max().orElse(0) + count;
    int size = (blocks(end) - first) * BLOCK;
    int[] index = new int[at.length * size];
    for (int i = 0; i < index.length; i++) {
      int row = i / size;
      int fresh = first * BLOCK + i % size - at[row];
      int place = fresh < 0 ? i % size : held + Math.min(fresh, count - 1);
      index[i] = row * (held + count) + place;
    }
    return new Span(first, Tensor.of(index, Shape.of(at.length, size)));
  }

  Slots slots() {
    int[] at = lengths.toInts();
    int first = Arrays.stream(at).min().orElse(0) / BLOCK;
    int last = Arrays.stream(at).max().orElse(0) / BLOCK;
    List<Tensor> positions =
        IntStream.rangeClosed(first, last)
            .mapToObj(block -> Tensor.of(Arrays.stream(at).map(p -> p - block * BLOCK).toArray()))
            .toList();
    return new Slots(first, positions);
  }

  /// Gives the memory of this cache that no successor shares back to the device: for a loop that
  /// owns them all.
  void retire(KvCache... successors) {
    Set<Storage> kept = Collections.newSetFromMap(new IdentityHashMap<>());
    Tree.forEachTensor(successors, tensor -> kept.add(tensor.storage()));
    Tree.forEachTensor(
        this,
        tensor -> {
          if (!kept.contains(tensor.storage())) {
            tensor.storage().consume();
          }
        });
  }
}
