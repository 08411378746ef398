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
      int blocks = (packed.dim(1) + BLOCK - 1) / BLOCK;
      Tensor byHead =
          packed
              .slice(2, heads, heads + 2 * keyHeads)
              .permute(0, 2, 1, 3)
              .pad(2, 0, blocks * BLOCK - packed.dim(1));
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

    Blocks gather(Tensor rows) {
      return new Blocks(
          keys.stream().map(block -> block.gather(0, rows)).toList(),
          values.stream().map(block -> block.gather(0, rows)).toList());
    }
  }

  /// Where the next position of every row goes.
  ///
  /// @param first index of the first block that is written to
  /// @param positions I32 `[B]` for that block and those after it: each row's slot, or a number
  ///   outside the block
  record Slots(int first, List<Tensor> positions) {}

  /// Number of rows, B.
  public int batch() {
    return lengths.dim(0);
  }

  /// The rows at `rows` (I32 `[b]`), in that order; a row may occur more than once.
  public KvCache gather(Tensor rows) {
    return new KvCache(
        layers.stream().map(layer -> layer.gather(rows)).toList(), lengths.gather(0, rows));
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

  /// Gives the memory of this cache that `next` does not share back to the device: for a loop that
  /// owns both.
  void retire(KvCache next) {
    Set<Storage> kept = Collections.newSetFromMap(new IdentityHashMap<>());
    Tree.forEachTensor(next, tensor -> kept.add(tensor.storage()));
    Tree.forEachTensor(
        this,
        tensor -> {
          if (!kept.contains(tensor.storage())) {
            tensor.storage().consume();
          }
        });
  }
}
