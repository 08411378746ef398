package telos.devices.opencl;

import static org.jocl.CL.clReleaseMemObject;

import java.lang.ref.Cleaner;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jocl.CLException;
import org.jocl.cl_mem;
import org.jspecify.annotations.Nullable;

/// The buffers of a device: the free list by size class, the account of what is in use and by which
/// operation it was made, and what to do when there is no more.
///
/// A tensor that belongs to no scope, such as the weights of the last step, gives its buffer back
/// when the collector finds it. The collector sees the heap only, where tensors are small, so it is
/// called when what is in use has doubled since it last ran.
final class Memory {
  private static final Cleaner CLEANER = Cleaner.create();

  /// Buffers of fewer bytes are not worth a class of their own.
  private static final long SMALLEST = 256;

  /// Bytes in use below which the collector is left alone.
  private static final long SMALL = 256L << 20;

  /// How long to wait for what the collector has found.
  private static final long PATIENCE_MILLIS = 100;

  /// One buffer in use.
  final class Lease implements Runnable {
    private final cl_mem buffer;
    private final long bytes;
    private final String maker;
    private boolean ended;
    private Cleaner.Cleanable cleanable = () -> {};

    private Lease(cl_mem buffer, long bytes, String maker) {
      this.buffer = buffer;
      this.bytes = bytes;
      this.maker = maker;
    }

    cl_mem buffer() {
      return buffer;
    }

    /// Gives the buffer back, once.
    void end() {
      cleanable.clean();
    }

    /// The cleaner's half of [#end].
    @Override
    public void run() {
      give(this);
    }

    /// Another owner's lease of the same buffer; this one is over.
    Lease handedTo(OpenClStorage heir, String name) {
      synchronized (Memory.this) {
        ended = true;
        leases.remove(this);
        cleanable.clean();
        return lease(heir, buffer, bytes, name);
      }
    }
  }

  private final Queue queue;
  private final long limit;
  private final long most;
  private final Map<Long, ArrayDeque<cl_mem>> waiting = new HashMap<>();
  private final Set<Lease> leases = new HashSet<>();
  private long live;
  private long peak;
  private long idle;
  private long collectAbove = SMALL;
  private boolean closed;

  Memory(Queue queue, Hardware hardware) {
    this.queue = queue;
    this.limit = hardware.memory() / 4;
    this.most = hardware.largestBuffer();
  }

  Queue queue() {
    return queue;
  }

  /// The bytes of the class that holds `bytes`: `{4, 5, 6, 7} 2^k`.
  static long sizeClass(long bytes) {
    if (bytes <= SMALLEST) {
      return SMALLEST;
    }
    long quarter = 1L << (61 - Long.numberOfLeadingZeros(bytes - 1));
    return (bytes + quarter - 1) / quarter * quarter;
  }

  /// A buffer for a storage, holding anything.
  Lease take(OpenClStorage owner, long bytes, String maker) {
    if (bytes > most) {
      throw new IllegalStateException(
          "%s: a result of %d MiB is larger than the largest buffer of this device, %d MiB"
              .formatted(maker, bytes >> 20, most >> 20));
    }
    long size = Math.min(sizeClass(bytes), most);
    collectIfGrown(size);
    cl_mem reused = reused(size);
    cl_mem buffer = reused != null ? reused : retried(maker, size, () -> queue.allocate(size));
    synchronized (this) {
      live += size;
      peak = Math.max(peak, live);
      return lease(owner, buffer, size, maker);
    }
  }

  private Lease lease(OpenClStorage owner, cl_mem buffer, long bytes, String maker) {
    Lease lease = new Lease(buffer, bytes, maker);
    lease.cleanable = CLEANER.register(owner, lease);
    leases.add(lease);
    return lease;
  }

  private synchronized @Nullable cl_mem reused(long bytes) {
    ArrayDeque<cl_mem> bin = waiting.get(bytes);
    cl_mem buffer = bin == null ? null : bin.poll();
    if (buffer != null) {
      idle -= bytes;
    }
    return buffer;
  }

  private synchronized void give(Lease lease) {
    if (lease.ended) {
      return;
    }
    lease.ended = true;
    leases.remove(lease);
    live -= lease.bytes;
    if (closed || idle + lease.bytes > limit) {
      clReleaseMemObject(lease.buffer);
    } else {
      idle += lease.bytes;
      waiting.computeIfAbsent(lease.bytes, _ -> new ArrayDeque<>()).push(lease.buffer);
    }
    notifyAll();
  }

  // --- running out ---

  /// Runs what may fail for want of memory. Then everything on the queue is waited for, what is not
  /// in use goes back to the driver, and it is tried once more.
  ///
  /// @throws IllegalStateException with a table of what is in use, if it fails again
  <T> T retried(String maker, long bytes, Supplier<T> attempt) {
    try {
      return attempt.get();
    } catch (CLException e) {
      if (!Queue.outOfMemory(e)) {
        throw e;
      }
    }
    queue.finish();
    collect();
    trim();
    try {
      return attempt.get();
    } catch (CLException e) {
      throw Queue.outOfMemory(e) ? exhausted(maker, bytes, e) : e;
    }
  }

  private synchronized IllegalStateException exhausted(String maker, long bytes, CLException e) {
    Map<String, List<Lease>> byMaker =
        leases.stream().collect(Collectors.groupingBy(lease -> lease.maker));
    String table =
        byMaker.entrySet().stream()
            .sorted(Comparator.comparingLong(entry -> -bytes(entry.getValue())))
            .map(entry ->
                "%n%16d bytes in %d buffers of %s"
                    .formatted(bytes(entry.getValue()), entry.getValue().size(), entry.getKey()))
            .collect(Collectors.joining());
    String sentence =
        "%s: the device has no %d bytes left beside the %d in use; a smaller batch needs less. In use:%s"
            .formatted(maker, bytes, live, table);
    return new IllegalStateException(sentence, e);
  }

  private static long bytes(List<Lease> leases) {
    return leases.stream().mapToLong(lease -> lease.bytes).sum();
  }

  private void collectIfGrown(long more) {
    synchronized (this) {
      if (live + more <= collectAbove) {
        return;
      }
      collectAbove = Long.MAX_VALUE;
    }
    collect();
    synchronized (this) {
      collectAbove = Math.max(SMALL, 2 * (live + more));
    }
  }

  /// Has the collector find what nobody uses, and waits until its buffers are back.
  @SuppressWarnings("WaitNotInLoop") // as long as anything comes back, and not for ever
  private void collect() {
    System.gc();
    synchronized (this) {
      try {
        long before = Long.MAX_VALUE;
        while (live < before) {
          before = live;
          wait(PATIENCE_MILLIS);
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Gives what waits for an owner back to the driver.
  synchronized void trim() {
    waiting.values().forEach(bin -> bin.forEach(buffer -> clReleaseMemObject(buffer)));
    waiting.clear();
    idle = 0;
  }

  synchronized OpenClDevice.MemoryUse use() {
    return new OpenClDevice.MemoryUse(live, peak, idle);
  }

  /// Gives everything back; tensors still alive give theirs when they die.
  synchronized void close() {
    closed = true;
    trim();
  }
}
