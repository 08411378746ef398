package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import telos.nn.text.TemplateToken.Kind;

/// Statements of a template.
final class TemplateParser {
  private final TemplateSource source;
  private final ExpressionParser in;
  private int loops;

  private TemplateParser(TemplateSource source) {
    this.source = source;
    in = new ExpressionParser(source);
  }

  static List<TemplateNode> parse(TemplateSource source) {
    return new TemplateParser(source).body(Set.of());
  }

  /// Statements up to a block tag that ends them, of which `{%` is taken but not the name.
  private List<TemplateNode> body(Set<String> ends) {
    in.deeper();
    var nodes = new ArrayList<TemplateNode>();
    while (true) {
      var token = in.take();
      switch (token.kind()) {
        case DATA -> nodes.add(new TemplateNode.Data(TemplateText.literal(token.text())));
        case OUTPUT_BEGIN -> {
          nodes.add(new TemplateNode.Output(in.tuple()));
          in.expect(Kind.OUTPUT_END, "\"}}\"");
        }
        case BLOCK_BEGIN -> {
          if (ends.contains(in.peek().text())) {
            in.shallower();
            return nodes;
          }
          nodes.add(statement());
        }
        default -> {
          if (!ends.isEmpty()) {
            throw in.fault(
                "%s is missing".formatted(String.join(" or ", ends.stream().sorted().toList())));
          }
          in.shallower();
          return nodes;
        }
      }
    }
  }

  private TemplateNode statement() {
    var keyword = in.expect(Kind.NAME, "the name of a block");
    return switch (keyword.text()) {
      case "for" -> loop(keyword.at());
      case "if" -> condition();
      case "set" -> assignment();
      case "macro" -> macro();
      case "generation" -> {
        end();
        yield new TemplateNode.Generation(closed("endgeneration"));
      }
      case "break", "continue" -> {
        if (loops == 0) {
          throw source.fault(
              keyword.at(), "\"%s\" stands outside of a loop".formatted(keyword.text()));
        }
        end();
        yield keyword.text().equals("break") ? TemplateNode.Jump.BREAK : TemplateNode.Jump.CONTINUE;
      }
      default ->
          throw source.fault(
              keyword.at(),
              "the block \"%s\" is not supported; there are for, if, set, macro, generation, break, continue"
                  .formatted(keyword.text()));
    };
  }

  private void end() {
    in.expect(Kind.BLOCK_END, "\"%}\"");
  }

  /// Statements up to the one tag that ends them.
  private List<TemplateNode> closed(String end) {
    var body = body(Set.of(end));
    in.take();
    end();
    return body;
  }

  private TemplateNode loop(int at) {
    var names = new ArrayList<String>();
    boolean bracket = in.takes(Kind.OPERATOR, "(");
    do {
      names.add(name());
    } while (in.takes(Kind.OPERATOR, ",") && !in.sees(Kind.NAME, "in"));
    if (bracket) {
      in.expectOperator(")");
    }
    if (!in.takes(Kind.NAME, "in")) {
      throw in.fault("\"in\" was expected, not %s".formatted(in.peek().shown()));
    }
    var items = in.disjunction();
    Optional<TemplateExpression> condition =
        in.takes(Kind.NAME, "if") ? Optional.of(in.expression()) : Optional.empty();
    if (in.sees(Kind.NAME, "recursive")) {
      throw in.fault("recursive loops are not supported");
    }
    end();
    loops++;
    var body = body(Set.of("endfor", "else"));
    loops--;
    List<TemplateNode> otherwise = List.of();
    if (in.takes(Kind.NAME, "else")) {
      end();
      otherwise = body(Set.of("endfor"));
    }
    in.take();
    end();
    return new TemplateNode.For(at, names, items, condition, body, otherwise);
  }

  private String name() {
    var token = in.expect(Kind.NAME, "a name");
    if (Set.of("loop", "true", "false", "none", "True", "False", "None").contains(token.text())) {
      throw source.fault(token.at(), "\"%s\" cannot be set".formatted(token.text()));
    }
    return token.text();
  }

  private TemplateNode condition() {
    var branches = new ArrayList<TemplateNode.Branch>();
    List<TemplateNode> otherwise = List.of();
    while (true) {
      var condition = in.tuple();
      end();
      branches.add(new TemplateNode.Branch(condition, body(Set.of("elif", "else", "endif"))));
      if (!in.takes(Kind.NAME, "elif")) {
        break;
      }
    }
    if (in.takes(Kind.NAME, "else")) {
      end();
      otherwise = body(Set.of("endif"));
    }
    in.take();
    end();
    return new TemplateNode.If(branches, otherwise);
  }

  private TemplateNode assignment() {
    var targets = new ArrayList<TemplateNode.Target>();
    do {
      targets.add(target());
    } while (in.takes(Kind.OPERATOR, ","));
    if (in.takes(Kind.OPERATOR, "=")) {
      var value = in.tuple();
      end();
      return new TemplateNode.Assignment(targets, value);
    }
    if (targets.size() > 1) {
      throw in.fault("\"=\" was expected, not %s".formatted(in.peek().shown()));
    }
    end();
    return new TemplateNode.Capture(targets.getFirst(), closed("endset"));
  }

  private TemplateNode.Target target() {
    int at = in.peek().at();
    var name = name();
    Optional<String> field =
        in.takes(Kind.OPERATOR, ".")
            ? Optional.of(in.expect(Kind.NAME, "a name").text())
            : Optional.empty();
    return new TemplateNode.Target(at, name, field);
  }

  private TemplateNode macro() {
    var name = name();
    in.expectOperator("(");
    var parameters = new ArrayList<TemplateNode.Parameter>();
    while (!in.takes(Kind.OPERATOR, ")")) {
      var parameter = name();
      Optional<TemplateExpression> otherwise =
          in.takes(Kind.OPERATOR, "=") ? Optional.of(in.expression()) : Optional.empty();
      parameters.add(new TemplateNode.Parameter(parameter, otherwise));
      if (!in.sees(Kind.OPERATOR, ")")) {
        in.expectOperator(",");
      }
    }
    end();
    int around = loops;
    loops = 0;
    var body = closed("endmacro");
    loops = around;
    return new TemplateNode.MacroDefinition(name, parameters, body);
  }
}
