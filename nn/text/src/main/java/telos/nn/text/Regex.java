package telos.nn.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/// A regular expression that a tokenizer file brings along, found in time linear in the text: a
/// backtracking machine that tries alternatives in their order, as Oniguruma does, and remembers
/// every (instruction, position) that led to no match. Since expressions capture nothing and look
/// one character far at most, such a failure holds for all later attempts on the same text, and no
/// state fails twice. (What `java.util.regex` does with an expression out of a file is exponential
/// at worst, and its stack is the thread's.) Immutable.
final class Regex {
  private static final int MAX_PROGRAM = 20_000;

  /// Attempts shorter than this many steps remember nothing: the usual case.
  private static final int FREE_STEPS = 256;

  private static final long MAX_BITS = 1L << 30;

  private enum Op {
    SET,
    SPLIT,
    JUMP,
    AHEAD,
    NOT_AHEAD,
    BEHIND,
    NOT_BEHIND,
    LINE_START,
    LINE_END,
    START,
    END,
    MATCH
  }

  private record Instruction(Op op, CharSet set, int first, int second) {}

  private static final CharSet NONE = new CharSet(_ -> false);
  private final String source;
  private final Instruction[] program;

  private Regex(String source, List<Instruction> program) {
    this.source = source;
    this.program = program.toArray(Instruction[]::new);
  }

  /// @throws IllegalArgumentException when the expression is malformed or not supported, saying why
  static Regex of(String source) {
    var compiler = new Compiler(source);
    compiler.emit(RegexParser.parse(source));
    compiler.add(Op.MATCH, NONE, 0, 0);
    return new Regex(source, compiler.program);
  }

  /// What is told of each match.
  interface Found {
    void match(int start, int end);
  }

  /// All matches from left to right that are not empty; none overlaps another.
  void find(String text, Found found) {
    var machine = new Machine(text);
    for (int at = 0; at < text.length(); ) {
      int end = machine.match(at);
      if (end > at) {
        found.match(at, end);
        at = end;
      } else {
        at += Character.charCount(text.codePointAt(at));
      }
    }
  }

  @Override
  public String toString() {
    return source;
  }

  /// Nodes to instructions.
  private static final class Compiler {
    private final String source;
    private final List<Instruction> program = new ArrayList<>();
    private int visited;

    Compiler(String source) {
      this.source = source;
    }

    int add(Op op, CharSet set, int first, int second) {
      if (program.size() == MAX_PROGRAM) {
        throw tooLong();
      }
      program.add(new Instruction(op, set, first, second));
      return program.size() - 1;
    }

    private IllegalArgumentException tooLong() {
      return new IllegalArgumentException(
          "the regular expression %s is too long once its counts are written out"
              .formatted(source.length() > 100 ? source.substring(0, 100) + "..." : source));
    }

    /// Fills in where a split or a jump leads.
    private void lead(int at, int first, int second) {
      program.set(at, new Instruction(program.get(at).op(), NONE, first, second));
    }

    void emit(RegexNode node) {
      // Counts of what is empty emit nothing, but take time all the same.
      if (++visited > 10 * MAX_PROGRAM) {
        throw tooLong();
      }
      switch (node) {
        case RegexNode.Chars(var set) -> add(Op.SET, set, 0, 0);
        case RegexNode.Run(var parts) -> parts.forEach(this::emit);
        case RegexNode.Alternatives(var branches) -> alternatives(branches);
        case RegexNode.Repeat repeat -> repeat(repeat);
        case RegexNode.Look(var set, var negated, var behind) ->
            add(look(negated, behind), set, 0, 0);
        case RegexNode.Anchor anchor -> add(Op.valueOf(anchor.name()), NONE, 0, 0);
      }
    }

    private static Op look(boolean negated, boolean behind) {
      if (behind) {
        return negated ? Op.NOT_BEHIND : Op.BEHIND;
      }
      return negated ? Op.NOT_AHEAD : Op.AHEAD;
    }

    private void alternatives(List<RegexNode> branches) {
      var exits = new ArrayList<Integer>();
      for (int i = 0; i < branches.size(); i++) {
        boolean last = i == branches.size() - 1;
        int split = last ? -1 : add(Op.SPLIT, NONE, 0, 0);
        emit(branches.get(i));
        if (!last) {
          exits.add(add(Op.JUMP, NONE, 0, 0));
          lead(split, split + 1, program.size());
        }
      }
      exits.forEach(exit -> lead(exit, program.size(), 0));
    }

    /// `X{m,n}`: m copies, then n - m nested options, or a loop. A possessive repeat ends only
    /// where no further X follows (or after the last): with one character that is all it means.
    private void repeat(RegexNode.Repeat repeat) {
      for (int i = 0; i < repeat.min(); i++) {
        emit(repeat.body());
      }
      if (repeat.max() == RegexNode.Repeat.UNBOUNDED) {
        int split = add(Op.SPLIT, NONE, 0, 0);
        emit(repeat.body());
        add(Op.JUMP, NONE, split, 0);
        leave(repeat, List.of(split));
        guard(repeat);
      } else if (repeat.max() > repeat.min()) {
        options(repeat);
      }
    }

    private void options(RegexNode.Repeat repeat) {
      var splits = new ArrayList<Integer>();
      for (int i = repeat.min(); i < repeat.max(); i++) {
        splits.add(add(Op.SPLIT, NONE, 0, 0));
        emit(repeat.body());
      }
      if (repeat.greed() == RegexNode.Repeat.Greed.POSSESSIVE) {
        int full = add(Op.JUMP, NONE, 0, 0);
        leave(repeat, splits);
        guard(repeat);
        lead(full, program.size(), 0);
      } else {
        leave(repeat, splits);
      }
    }

    private void leave(RegexNode.Repeat repeat, List<Integer> splits) {
      boolean lazy = repeat.greed() == RegexNode.Repeat.Greed.LAZY;
      int exit = program.size();
      splits.forEach(s -> lead(s, lazy ? exit : s + 1, lazy ? s + 1 : exit));
    }

    private void guard(RegexNode.Repeat repeat) {
      if (repeat.greed() == RegexNode.Repeat.Greed.POSSESSIVE
          && repeat.body() instanceof RegexNode.Chars(var set)) {
        add(Op.NOT_AHEAD, set, 0, 0);
      }
    }
  }

  /// The state of one search through one text.
  private final class Machine {
    private final String text;
    private long[] stack = new long[64];
    private int height;
    private BitSet failed = new BitSet();
    private int base;

    Machine(String text) {
      this.text = text;
    }

    /// The end of the match that begins at `start`, -1 if none does.
    int match(int start) {
      height = 0;
      push(0, start);
      int steps = 0;
      while (height > 0) {
        long state = stack[--height];
        int at = (int) state;
        int pc = (int) (state >> 32);
        if (pc < 0) {
          remember(~pc, at, start);
          continue;
        }
        while (pc >= 0) {
          var step = program[pc];
          switch (step.op()) {
            case MATCH -> {
              return at;
            }
            case SET -> {
              int c = at < text.length() ? text.codePointAt(at) : -1;
              boolean fits = c >= 0 && step.set().has(c);
              at += fits ? Character.charCount(c) : 0;
              pc = fits ? pc + 1 : -1;
            }
            case JUMP -> pc = step.first();
            case SPLIT -> {
              if (++steps > FREE_STEPS) {
                if (hasFailed(pc, at)) {
                  pc = -1;
                  break;
                }
                push(~pc, at);
              }
              push(step.second(), at);
              pc = step.first();
            }
            default -> pc = holds(step, at) ? pc + 1 : -1;
          }
        }
      }
      return -1;
    }

    private boolean holds(Instruction step, int at) {
      return switch (step.op()) {
        case AHEAD -> at < text.length() && step.set().has(text.codePointAt(at));
        case NOT_AHEAD -> at == text.length() || !step.set().has(text.codePointAt(at));
        case BEHIND -> at > 0 && step.set().has(text.codePointBefore(at));
        case NOT_BEHIND -> at == 0 || !step.set().has(text.codePointBefore(at));
        case LINE_START -> at == 0 || at < text.length() && text.charAt(at - 1) == '\n';
        case LINE_END -> at == text.length() || text.charAt(at) == '\n';
        case START -> at == 0;
        default -> at == text.length();
      };
    }

    private void push(int pc, int at) {
      if (height == stack.length) {
        stack = Arrays.copyOf(stack, 2 * height);
      }
      stack[height++] = (long) pc << 32 | at;
    }

    /// Memory is bounded: what was remembered before the current attempt is dropped when it grows
    /// beyond some megabytes, and no attempt remembers more than [#MAX_BITS] states.
    private void remember(int pc, int at, int start) {
      if ((long) (start - base) * program.length > MAX_BITS / 16) {
        failed = new BitSet();
        base = start;
      }
      long bit = (long) (at - base) * program.length + pc;
      if (bit >= 0 && bit < MAX_BITS) {
        failed.set((int) bit);
      }
    }

    private boolean hasFailed(int pc, int at) {
      long bit = (long) (at - base) * program.length + pc;
      return bit >= 0 && bit < MAX_BITS && failed.get((int) bit);
    }
  }
}
