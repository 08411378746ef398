package telos.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import telos.tensor.Storage;
import telos.tensor.Tensor;
import telos.tensor.Tree;
import telos.tensor.fused.CachedAttention;

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
    Blocks with(Slots slots, Tensor packed, int heads, int keyHeads) {
      Tensor byHead = packed.permute(0, 2, 1, 3);
      Tensor key = byHead.slice(1, heads, heads + keyHeads).transpose(2, 3);
      Tensor value = byHead.slice(1, heads + keyHeads, heads + 2 * keyHeads);
      List<Tensor> newKeys = new ArrayList<>(keys);
      List<Tensor> newValues = new ArrayList<>(values);
      for (int i = 0; i < slots.masks().size(); i++) {
        int block = slots.first() + i;
        Tensor mask = slots.masks().get(i);
        int batch = mask.dim(0);
        if (block == newKeys.size()) {
          newKeys.add(key.mul(0).broadcastTo(key.shape().with(3, BLOCK)));
          newValues.add(value.mul(0).broadcastTo(value.shape().with(2, BLOCK)));
        }
        newKeys.set(block, mask.reshape(batch, 1, 1, BLOCK).where(key, newKeys.get(block)));
        newValues.set(block, mask.reshape(batch, 1, BLOCK, 1).where(value, newValues.get(block)));
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
  /// @param masks BOOL `[B, 64]` for that block and those after it: true at each row's slot
  record Slots(int first, List<Tensor> masks) {}

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
    Tensor position = Tensor.arange(0, BLOCK).reshape(1, BLOCK);
    List<Tensor> masks =
        IntStream.rangeClosed(first, last)
            .mapToObj(block -> lengths.sub(block * BLOCK).unsqueeze(1).eq(position))
            .toList();
    return new Slots(first, masks);
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
