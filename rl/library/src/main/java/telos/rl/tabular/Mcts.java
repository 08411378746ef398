package telos.rl.tabular;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import telos.rl.Hyperparameters;
import telos.rl.environment.GenerativeModel;
import telos.rl.environment.GenerativeModel.Outcome;
import telos.tensor.Rng;

/// Monte-Carlo tree search with upper confidence bounds, UCT (Kocsis and Szepesvari 2006): plans
/// from one state on by simulation. Within the tree an action is chosen by
///
/// `argmax_a Q(s, a) + c sqrt(ln n(s) / n(s, a))`,
///
/// untried ones first; chance is drawn anew each time, and each outcome that is seen becomes a
/// child. Beyond the tree actions are uniform, and each simulation adds one node.
///
/// @param simulations from the root
/// @param exploration c; larger rewards want a larger one
/// @param horizon steps a simulation has at most; nothing is expected beyond
/// @param gamma discount
public record Mcts(int simulations, double exploration, int horizon, double gamma) {
  public Mcts {
    new Hyperparameters("mcts")
        .atLeast(1, "simulations", simulations)
        .notNegative("exploration", exploration)
        .atLeast(1, "horizon", horizon)
        .share("gamma", gamma);
  }

  /// The paper's constant for returns in `[0, 1]`, `1 / sqrt(2)`.
  public static Mcts defaults() {
    return new Mcts(1000, Math.sqrt(0.5), 100, 1);
  }

  /// What a search found about the root.
  ///
  /// @param values mean returns, `[A]`
  /// @param visits how often each action was tried, `[A]`
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  public record Plan(double[] values, int[] visits) {
    /// The action that was tried most often, the first among equals.
    public int action() {
      int best = 0;
      for (int a = 1; a < visits.length; a++) {
        best = visits[a] > visits[best] ? a : best;
      }
      return best;
    }
  }

  /// Plans from a state on.
  public <S> Plan plan(GenerativeModel<S> model, S state, Rng key) {
    Node root = new Node(model.actions());
    for (int i = 0; i < simulations; i++) {
      new Walk<>(model, key.fold(i)).through(root, state, horizon);
    }
    double[] values = new double[model.actions()];
    for (int a = 0; a < values.length; a++) {
      values[a] = root.mean(a);
    }
    return new Plan(values, root.visits.clone());
  }

  /// A history of actions and what was seen after each.
  private static final class Node {
    final int[] visits;
    final double[] totals;
    final List<Map<Object, Node>> children = new ArrayList<>();
    int visited;

    Node(int actions) {
      visits = new int[actions];
      totals = new double[actions];
      for (int a = 0; a < actions; a++) {
        children.add(new HashMap<>());
      }
    }

    double mean(int action) {
      return visits[action] == 0 ? 0 : totals[action] / visits[action];
    }

    int choice(double exploration) {
      int best = 0;
      double most = Double.NEGATIVE_INFINITY;
      for (int a = 0; a < visits.length; a++) {
        if (visits[a] == 0) {
          return a;
        }
        double bound = mean(a) + exploration * Math.sqrt(StrictMath.log(visited) / visits[a]);
        best = bound > most ? a : best;
        most = Math.max(most, bound);
      }
      return best;
    }

    void add(int action, double gain) {
      visited++;
      visits[action]++;
      totals[action] += gain;
    }
  }

  /// One way through the tree and beyond.
  private final class Walk<S> {
    private final GenerativeModel<S> model;
    private final Rng key;

    Walk(GenerativeModel<S> model, Rng key) {
      this.model = model;
      this.key = key;
    }

    /// @param left steps
    /// @return the discounted sum of the rewards from here on
    double through(Node node, S state, int left) {
      int action = node.choice(exploration);
      Outcome<S> outcome = model.sample(state, action, key.fold(left));
      double gain = outcome.reward();
      if (!outcome.ended() && left > 1) {
        Map<Object, Node> children = node.children.get(action);
        Node child = children.get(outcome.seen());
        if (child == null) {
          children.put(outcome.seen(), new Node(model.actions()));
          gain += gamma * beyond(outcome.state(), left - 1);
        } else {
          gain += gamma * through(child, outcome.state(), left - 1);
        }
      }
      node.add(action, gain);
      return gain;
    }

    private double beyond(S state, int left) {
      double gain = 0;
      double weight = 1;
      for (int rest = left; rest > 0; rest--) {
        Rng now = key.fold(rest);
        int action = now.fold("action").integer(model.actions());
        Outcome<S> outcome = model.sample(state, action, now);
        gain += weight * outcome.reward();
        if (outcome.ended()) {
          return gain;
        }
        weight *= gamma;
        state = outcome.state();
      }
      return gain;
    }
  }
}
