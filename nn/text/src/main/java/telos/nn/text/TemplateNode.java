package telos.nn.text;

import java.util.List;
import java.util.Optional;

/// A statement of a template.
sealed interface TemplateNode {
  /// Text outside of tags.
  record Data(TemplateText text) implements TemplateNode {}

  /// `{{ a }}`.
  record Output(TemplateExpression value) implements TemplateNode {}

  /// `{% for names in items if condition %}`; `otherwise` where there are no items.
  record For(
      int at,
      List<String> names,
      TemplateExpression items,
      Optional<TemplateExpression> condition,
      List<TemplateNode> body,
      List<TemplateNode> otherwise)
      implements TemplateNode {}

  /// A condition and what follows if it holds.
  record Branch(TemplateExpression condition, List<TemplateNode> body) {}

  /// `{% if %}`: the first branch whose condition holds.
  record If(List<Branch> branches, List<TemplateNode> otherwise) implements TemplateNode {}

  /// What is set: a name, or a name of a namespace.
  record Target(int at, String name, Optional<String> field) {}

  /// `{% set a, b = value %}`.
  record Assignment(List<Target> targets, TemplateExpression value) implements TemplateNode {}

  /// `{% set a %}text{% endset %}`.
  record Capture(Target target, List<TemplateNode> body) implements TemplateNode {}

  /// A parameter of a macro.
  record Parameter(String name, Optional<TemplateExpression> otherwise) {}

  /// `{% macro name(parameters) %}`.
  record MacroDefinition(String name, List<Parameter> parameters, List<TemplateNode> body)
      implements TemplateNode {}

  /// `{% generation %}`: what the assistant says.
  record Generation(List<TemplateNode> body) implements TemplateNode {}

  /// `{% break %}` and `{% continue %}`.
  enum Jump implements TemplateNode {
    /// Leaves the loop.
    BREAK,
    /// Goes on with the next item.
    CONTINUE
  }
}
