package telos.rl.offline;

import java.util.List;
import java.util.Optional;
import telos.nn.Activation;
import telos.nn.Block;
import telos.nn.CausalAttention;
import telos.nn.Dropout;
import telos.nn.Embedding;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Init;
import telos.nn.Layer;
import telos.nn.LayerNorm;
import telos.nn.Linear;
import telos.nn.Norm;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// The network of the [DecisionTransformer]: a causal transformer over the tokens `R_1 s_1 a_1 R_2
/// s_2 a_2 ...`, which says at each `s_t` what to do.
///
/// @param features of observations
/// @param returns embeds returns-to-go, `[1, D]`
/// @param observations embeds features, `[features, D]`
/// @param actions embeds actions
/// @param steps embeds times since the beginning of the episode, which all three tokens of a step
///   share; `[longest, D]`
/// @param norm of the embeddings
/// @param blocks the layers
/// @param last the final normalisation
/// @param head `[D, A]`
record DecisionModel(
    Layer features,
    Linear returns,
    Linear observations,
    Layer actions,
    Embedding steps,
    Norm norm,
    List<Block> blocks,
    Norm last,
    Linear head) {
  /// Stretches of B episodes. What follows the end of a shorter one changes nothing before it.
  ///
  /// @param returns `[B, T]`, scaled
  /// @param observations `[B, T, ...]`
  /// @param actions `[B, T, A]` or I32 `[B, T]`; that of the last step has no effect
  /// @param steps I32 `[B, T]`
  record Context(Tensor returns, Tensor observations, Tensor actions, Tensor steps) {}

  /// Random weights as in GPT-2.
  static DecisionModel init(
      DecisionTransformer.Config config, Dataset data, UnitActions units, Rng key) {
    int width = config.width();
    Init init = Init.normal(0.02);
    Gpt trunk = Gpt.init(trunk(config), key.fold("trunk"));
    Rng act = key.fold("actions");
    return new DecisionModel(
        data.features(config.standardise()),
        Linear.init(1, width, true, init, key.fold("returns")),
        Linear.init(data.width(), width, true, init, key.fold("observations")),
        units.discrete()
            ? Embedding.init(units.width(), width, init, act)
            : Linear.init(units.width(), width, true, init, act),
        Embedding.init(config.longest(), width, init, key.fold("steps")),
        LayerNorm.init(width),
        trunk.blocks(),
        trunk.norm(),
        Linear.init(width, units.width(), true, init, key.fold("head")));
  }

  /// GPT-2's blocks with ReLU. Of its embeddings none is used.
  private static GptConfig trunk(DecisionTransformer.Config config) {
    GptConfig like = GptConfig.gpt2(config.layers(), config.heads(), config.width(), 1, 1);
    return new GptConfig(
        like.layers(),
        like.width(),
        like.context(),
        like.vocabulary(),
        like.attention(),
        new GptConfig.FeedForward(4 * config.width(), Activation.RELU, false, true),
        like.normalisation(),
        like.eps(),
        like.positions(),
        like.tiedHead());
  }

  /// What to do at each step, `[B, T, A]`: logits of discrete actions, or numbers to be squashed.
  ///
  /// @param key of the dropout
  Tensor call(Context context, Dropout dropout, Rng key) {
    int batch = context.returns().dim(0);
    int time = context.returns().dim(1);
    Tensor when = steps.call(context.steps());
    Tensor tokens =
        Tensor.stack(
            2,
            List.of(
                returns.call(context.returns().unsqueeze(-1)).add(when),
                observations.call(features.call(context.observations())).add(when),
                actions.call(context.actions()).add(when)));
    int width = when.dim(-1);
    Tensor x = norm.call(tokens.reshape(batch, 3 * time, width));
    x = dropout.call(x, key.fold("tokens"));
    for (int i = 0; i < blocks.size(); i++) {
      x = residual(blocks.get(i), x, dropout, key.fold(i));
    }
    return head.call(last.call(x).reshape(batch, time, 3, width).at(2, 1));
  }

  /// [Block#call] with dropout of attention weights and of what it adds to the residual stream.
  private static Tensor residual(Block block, Tensor x, Dropout dropout, Rng key) {
    Tensor seen = block.attentionNorm().call(x);
    Tensor attended = attended(block.attention(), seen, dropout, key.fold("weights"));
    Tensor y = x.add(dropout.call(attended, key.fold("attention")));
    Tensor thought = block.mlp().call(block.mlpNorm().call(y));
    return y.add(dropout.call(thought, key.fold("mlp")));
  }

  private static Tensor attended(CausalAttention attention, Tensor x, Dropout dropout, Rng key) {
    Tensor packed = attention.packed(x, Optional.empty());
    if (dropout.rate() == 0) {
      return attention.attend(packed);
    }
    int heads = attention.heads();
    Tensor values = packed.slice(2, 2 * heads, 3 * heads).permute(0, 2, 1, 3); // [B, H, T, D]
    Tensor mixed = dropout.call(attention.weights(packed), key).matMul(values);
    return attention.out().call(mixed.permute(0, 2, 1, 3).reshape(x.shape()));
  }
}
