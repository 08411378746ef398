package telos.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// What one model has read of the rows of a batch. Rows that join together are a cohort with a
/// cache of its own, so nobody's joining or leaving moves the memory of the others.
final class Reader {
  private final Gpt model;
  private final List<KvCache> cohorts = new ArrayList<>();

  Reader(Gpt model) {
    this.model = model;
  }

  Gpt model() {
    return model;
  }

  /// What a new row wants read.
  ///
  /// @param prompt its tokens
  /// @param prefix what this model has read of it already, or of what begins as it does
  @SuppressWarnings("ArrayRecordComponent") // equal for the same objects only, see prefill
  record Request(int[] prompt, Optional<Prefix> prefix) {
    /// The same for a model that has read nothing yet.
    static List<Request> unread(List<Request> requests) {
      return requests.stream().map(r -> new Request(r.prompt(), Optional.empty())).toList();
    }

    int shared() {
      return prefix.map(read -> read.shared(prompt)).orElse(0);
    }
  }

  /// Reads the prompts of a new cohort, equal ones once.
  ///
  /// @param requests either all or none of them with a shared prefix
  /// @return `[b, V]`
  Tensor join(List<Request> requests) {
    Decoding decoding = Scope.call("prefill", () -> read(requests));
    cohorts.add(decoding.cache());
    return decoding.logits();
  }

  private Decoding read(List<Request> requests) {
    Map<List<Object>, Integer> places = new HashMap<>();
    List<Request> distinct = new ArrayList<>();
    int[] place = new int[requests.size()];
    for (int i = 0; i < place.length; i++) {
      Request request = requests.get(i);
      List<Object> identity =
          List.of(IntStream.of(request.prompt()).boxed().toList(), request.prefix());
      Integer known = places.putIfAbsent(identity, distinct.size());
      place[i] = known == null ? distinct.size() : known;
      if (known == null) {
        distinct.add(request);
      }
    }
    Decoding decoding = distinct.getFirst().shared() == 0 ? prefill(distinct) : extend(distinct);
    return distinct.size() == place.length ? decoding : decoding.gather(Tensor.of(place));
  }

  private Decoding prefill(List<Request> requests) {
    int[][] prompts = requests.stream().map(Request::prompt).toArray(int[][]::new);
    return Decoding.prefill(model, Rows.pad(prompts, 0), Rows.lengths(prompts));
  }

  /// The cache is gathered first, so that the cohort owns all of its memory.
  private Decoding extend(List<Request> requests) {
    List<KvCache> caches = new ArrayList<>();
    int[][] rests = new int[requests.size()][];
    for (int i = 0; i < rests.length; i++) {
      Request request = requests.get(i);
      int shared = request.shared();
      int[] prompt = request.prompt();
      caches.add(request.prefix().orElseThrow().cache().first(shared));
      rests[i] = Arrays.copyOfRange(prompt, shared, prompt.length);
    }
    KvCache own =
        caches.size() == 1 ? caches.getFirst().gather(Tensor.of(0)) : KvCache.concat(caches);
    return Decoding.extend(model, own, Rows.pad(rests, 0), Rows.lengths(rests));
  }

  /// Reads one more token of every row, those of the first cohort first.
  ///
  /// @return `[B, V]`
  Tensor advance(int... tokens) {
    Decoding.Step step =
        Scope.call("generate", () -> Decoding.Step.of(model, cohorts, Tensor.of(tokens), true));
    for (int i = 0; i < cohorts.size(); i++) {
      replace(i, step.caches().get(i));
    }
    return step.logits();
  }

  /// Rows that have ended but keep their place stand where the shortest of the others does: the
  /// token they are given next is written there, and read by nobody.
  ///
  /// @param live places of the cohort's rows that have not ended
  void rest(int cohort, int... live) {
    KvCache cache = cohorts.get(cohort);
    int[] lengths = cache.lengths().toInts();
    int shortest = IntStream.of(live).map(i -> lengths[i]).min().orElseThrow();
    int[] rested = new int[lengths.length];
    Arrays.fill(rested, shortest);
    for (int place : live) {
      rested[place] = lengths[place];
    }
    replace(cohort, cache.at(rested));
  }

  /// Leaves only the rows at these places of a cohort.
  void keep(int cohort, int... places) {
    KvCache cache = cohorts.get(cohort);
    replace(cohort, Scope.call("compact", () -> cache.gather(Tensor.of(places))));
  }

  /// A cohort has left.
  void drop(int cohort) {
    cohorts.remove(cohort).retire();
  }

  private void replace(int cohort, KvCache next) {
    cohorts.set(cohort, next).retire(next);
  }

  /// What was read of one row: a copy.
  KvCache row(int cohort, int place) {
    KvCache cache = cohorts.get(cohort);
    int length = cache.lengths().toInts()[place];
    return Scope.call("prefix", () -> cache.gather(Tensor.of(place)).first(length));
  }
}
