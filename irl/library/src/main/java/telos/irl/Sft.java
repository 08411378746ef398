package telos.irl;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.AdamW;
import telos.nn.Clip;
import telos.nn.Ema;
import telos.nn.Gpt;
import telos.nn.Lora;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.nn.Schedule;
import telos.nn.format.FormatException;
import telos.nn.text.Demonstration;
import telos.nn.text.DemonstrationStream;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Supervised fine-tuning: maximum likelihood of the response tokens, which is behaviour cloning of
/// text. With whole texts as responses it is pretraining.
///
/// [#train] fits demonstrations that are in memory. [#run] is for what takes hours: it streams its
/// data, packs it without padding, evaluates, notices divergence, and writes checkpoints of
/// everything, from which it goes on to the same bits as if it had never stopped.
public final class Sft {
  private Sft() {}

  // --- one step ---

  /// What a step reports.
  ///
  /// @param step its number, from 1
  /// @param loss in nats per counted token
  /// @param accuracy the share of the counted tokens that were the likeliest
  /// @param gradientNorm before clipping
  /// @param tokens how many counted
  /// @param heldOut the loss on held-out data, if it was measured after this step
  public record Step(
      int step,
      double loss,
      double accuracy,
      double gradientNorm,
      double learningRate,
      long tokens,
      OptionalDouble heldOut) {
    Step with(OptionalDouble measured) {
      return new Step(step, loss, accuracy, gradientNorm, learningRate, tokens, measured);
    }
  }

  private record Stepped(SftState state, Step report) {}

  /// Gradient of all parts, clipped, then one step of the optimizer.
  ///
  /// @param where what to call the data of the step in an error
  private static <B> Stepped step(
      SftState at,
      Plan plan,
      List<B> parts,
      BiFunction<Gpt, B, Loss.With<Tensor>> loss,
      String where) {
    try {
      var found = Grad.accumulateWith(loss, at.model(), parts, plan.moved());
      var gradient = found.step();
      var clipped = Clip.byGlobalNorm(gradient.grad(), plan.maxGradientNorm());
      at.guard()
          .fault(gradient.value(), clipped.norm())
          .ifPresent(fault -> {
            throw diverged(fault, at, where);
          });
      var next = plan.optimizer().step(at.model(), clipped.gradient(), at.optimizer());
      SftState after =
          new SftState(
              at.step() + 1,
              next.model(),
              next.state(),
              at.average().map(average -> Ema.step(average, next.model(), plan.averageDecay())),
              at.guard().plus(gradient.value()));
      double rate = plan.optimizer().rate().at(at.step());
      long tokens = (long) gradient.loss().weight().item();
      double right = found.aux().stream().mapToDouble(Tensor::item).sum();
      return new Stepped(
          after,
          new Step(
              (int) after.step(),
              gradient.value(),
              right / tokens,
              clipped.norm(),
              rate,
              tokens,
              OptionalDouble.empty()));
    } catch (ArithmeticException e) {
      throw diverged(String.valueOf(e.getMessage()), at, where);
    }
  }

  private static Diverged diverged(String fault, SftState at, String where) {
    return new Diverged(
        "Training diverged at step %d, on %s: %s; what was learnt until the newest checkpoint is kept; look at these, or lower the rate"
            .formatted(at.step() + 1, where, fault));
  }

  // --- what is in memory ---

  /// Hyper-parameters of [#train].
  ///
  /// @param epochs passes over the data
  /// @param batch sequences a step
  /// @param learningRate peak rate of AdamW; it rises over the first 5 % of the steps and falls
  ///   along a cosine to a tenth
  /// @param weightDecay of matrices
  /// @param maxGradientNorm gradients are clipped to this L2 norm
  public record Config(
      int epochs, int batch, double learningRate, double weightDecay, double maxGradientNorm) {
    public Config {
      if (epochs < 0 || batch < 1) {
        throw new IllegalArgumentException(
            "fine-tuning needs epochs >= 0 and a batch of at least 1, got "
                + epochs
                + " and "
                + batch);
      }
    }

    /// Weight decay 0.01, gradients clipped to norm 1.
    public static Config defaults(int epochs, int batch, double learningRate) {
      return new Config(epochs, batch, learningRate, 0.01, 1);
    }

    private Plan plan(long steps) {
      Schedule schedule =
          Schedule.warmupCosine(learningRate, learningRate / 10, steps / 20, Math.max(1, steps));
      return Plan.of(AdamW.of(schedule).withWeightDecay(weightDecay), steps, batch, Rng.of(0))
          .withMaxGradientNorm(maxGradientNorm);
    }
  }

  /// Fits `model` to the demonstrations, in an order that `key` fixes.
  public static Gpt train(
      Gpt model, List<Demonstration> data, Config config, Rng key, Consumer<Step> log) {
    long perEpoch = Math.ceilDiv(data.size(), config.batch());
    Plan plan = config.plan(perEpoch * config.epochs());
    SftState state = SftState.init(model, plan);
    for (int epoch = 0; epoch < config.epochs(); epoch++) {
      int[] order = key.fold(epoch).order(data.size());
      List<Demonstration> shuffled = Arrays.stream(order).mapToObj(data::get).toList();
      for (List<Demonstration> part : PackedBatch.parts(shuffled, config.batch())) {
        SftState now = state;
        TokenBatch batch = TokenBatch.ofDemonstrations(part);
        Stepped next = Scope.call(() -> step(now, plan, List.of(batch), Sft::loss, lines(part)));
        state = next.state();
        log.accept(next.report());
      }
    }
    return state.model();
  }

  private static Loss.With<Tensor> loss(Gpt model, TokenBatch batch) {
    Tensor logits = model.logits(batch.inputs());
    return Losses.crossEntropy(logits, batch.targets(), batch.mask())
        .with(right(logits, batch.targets(), batch.mask()));
  }

  /// How many counted tokens were the likeliest.
  private static Tensor right(Tensor logits, Tensor targets, Tensor mask) {
    return logits.argMax(-1).eq(targets).cast(mask.dtype()).mul(mask).sum();
  }

  // --- what is on disk ---

  /// How [#run] trains.
  ///
  /// @param optimizer with its schedule
  /// @param steps until the end
  /// @param batch examples of a micro-batch, which is what must fit into memory
  /// @param accumulation micro-batches of a step
  /// @param maxGradientNorm gradients are clipped to this L2 norm
  /// @param regularisation of the loss
  /// @param averageDecay weight of the past in the average of the models; 0 keeps none
  /// @param every how many steps to write a checkpoint and evaluate
  /// @param moved which parameters learn, by path: others are frozen
  /// @param key decides dropout
  public record Plan(
      Optimizer optimizer,
      long steps,
      int batch,
      int accumulation,
      double maxGradientNorm,
      Regularisation regularisation,
      double averageDecay,
      int every,
      Predicate<String> moved,
      Rng key) {
    public Plan {
      if (steps < 0 || batch < 1 || accumulation < 1 || every < 1) {
        throw new IllegalArgumentException(
            "fine-tuning with %d steps, a batch of %d, %d micro-batches a step, saved every %d steps; needs at least one of each"
                .formatted(steps, batch, accumulation, every));
      }
    }

    /// One micro-batch a step, norm 1, no regularisation or average, every 100 steps, all
    /// parameters.
    public static Plan of(Optimizer optimizer, long steps, int batch, Rng key) {
      return new Plan(optimizer, steps, batch, 1, 1, Regularisation.NONE, 0, 100, _ -> true, key);
    }

    Plan withMaxGradientNorm(double norm) {
      return new Plan(
          optimizer,
          steps,
          batch,
          accumulation,
          norm,
          regularisation,
          averageDecay,
          every,
          moved,
          key);
    }
  }

  /// What is added to the likelihood.
  ///
  /// @param labelSmoothing share of the labels that is spread over all tokens
  /// @param zLoss weight of the squared log of the softmax's denominator
  /// @param dropout of the inputs of adapters ([Lora#noisy])
  public record Regularisation(double labelSmoothing, double zLoss, double dropout) {
    /// Plain maximum likelihood.
    public static final Regularisation NONE = new Regularisation(0, 0, 0);
  }

  /// Trains to the last step of the plan.
  ///
  /// @param from [SftState#init], or what [SftState#resumed] found
  /// @param data where the state's data goes on
  /// @param heldOut for evaluation, possibly empty
  /// @param checkpoints directory of the checkpoints, of which the newest two are kept
  /// @param watch sees every step; false ends the run after a checkpoint
  /// @throws Diverged when a step fails; checkpoints from before are intact
  public static SftState run(
      SftState from,
      Plan plan,
      DemonstrationStream data,
      List<Demonstration> heldOut,
      Path checkpoints,
      Predicate<Step> watch)
      throws IOException {
    SftState state = from;
    boolean wanted = true;
    while (wanted && state.step() < plan.steps()) {
      SftState now = state;
      List<List<Demonstration>> parts = parts(plan, data);
      String where = lines(parts.stream().flatMap(List::stream).toList());
      Stepped next = Scope.call("sft", () -> step(now, plan, micro(now, plan, parts), where));
      state = next.state();
      boolean pause = state.step() % plan.every() == 0 || state.step() == plan.steps();
      Step report = next.report();
      wanted = watch.test(pause ? report.with(evaluate(state.result(), heldOut, plan)) : report);
      if (pause || !wanted) {
        state.save(plan, data, checkpoints);
      }
    }
    return state;
  }

  /// The examples of a step in micro-batches; those that the context has no room for are left out.
  private static List<List<Demonstration>> parts(Plan plan, DemonstrationStream data)
      throws IOException {
    List<List<Demonstration>> parts = new ArrayList<>();
    long epoch = data.epoch();
    while (parts.isEmpty()) {
      if (data.epoch() > epoch + 1) {
        throw new FormatException("no example of the data fits into the model's context");
      }
      for (int i = 0; i < plan.accumulation(); i++) {
        List<Demonstration> part = data.next(plan.batch());
        if (!part.isEmpty()) {
          parts.add(part);
        }
      }
    }
    return parts;
  }

  private record Micro(PackedBatch batch, Rng noise) {}

  private static List<Micro> micro(SftState at, Plan plan, List<List<Demonstration>> parts) {
    Rng key = plan.key().fold("dropout").fold(at.step());
    List<Micro> micro = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      micro.add(new Micro(PackedBatch.of(parts.get(i)), key.fold(i)));
    }
    return micro;
  }

  private static Stepped step(SftState at, Plan plan, List<Micro> parts, String where) {
    Regularisation extra = plan.regularisation();
    return step(
        at,
        plan,
        parts,
        (model, part) ->
            loss(Lora.noisy(model, extra.dropout(), part.noise()), part.batch(), extra),
        where);
  }

  private static Loss.With<Tensor> loss(Gpt model, PackedBatch batch, Regularisation extra) {
    Tensor logits = model.logits(batch.inputs(), batch.documents());
    Loss likelihood =
        Losses.smoothedCrossEntropy(logits, batch.targets(), batch.mask(), extra.labelSmoothing());
    return drifting(likelihood, logits, batch.mask(), extra.zLoss())
        .with(right(logits, batch.targets(), batch.mask()));
  }

  private static Loss drifting(Loss likelihood, Tensor logits, Tensor mask, double zLoss) {
    if (zLoss == 0) {
      return likelihood;
    }
    Tensor drift = Losses.zLoss(logits, mask).sum().mul(zLoss);
    return new Loss(likelihood.sum().add(drift), likelihood.weight());
  }

  /// The mean loss of held-out data in nats per counted token; empty if there is none.
  public static OptionalDouble evaluate(Gpt model, List<Demonstration> heldOut, Plan plan) {
    double sum = 0;
    double weight = 0;
    for (List<Demonstration> part : PackedBatch.parts(heldOut, plan.batch())) {
      Loss loss = Scope.call(() -> loss(model, PackedBatch.of(part), Regularisation.NONE).loss());
      sum += loss.sum().item();
      weight += loss.weight().item();
    }
    return weight == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / weight);
  }

  private static String lines(List<Demonstration> demonstrations) {
    return demonstrations.stream()
        .map(Demonstration::line)
        .distinct()
        .sorted()
        .map(line -> Long.toString(line))
        .collect(Collectors.joining(", ", "lines ", " of the data"));
  }
}
