package telos.nn.format;

import java.util.Collections;
import java.util.List;

/// A whole number that depends on the open axes of an exported function: the polynomial `sum over
/// sets S of axes: c_S * product of the axes in S`, of degree one in each axis.
///
/// @param terms `c_S` at index S, whose bit `i` stands for axis `i`
record Extent(List<Long> terms) {
  Extent {
    terms = List.copyOf(terms);
  }

  /// The same in every run.
  boolean isConstant() {
    return terms.stream().skip(1).allMatch(c -> c == 0);
  }

  /// What it is where the axes are zero: all of a constant.
  long constant() {
    return terms.getFirst();
  }

  boolean is(long value) {
    return isConstant() && constant() == value;
  }

  /// How many products of axes it takes: what it costs to compute.
  long cost() {
    return terms.stream().skip(1).filter(c -> c != 0).count();
  }

  /// In words, such as `2*batch*sequence+1`.
  String text(List<String> axes) {
    var text = new StringBuilder();
    for (int set = terms.size() - 1; set >= 0; set--) {
      if (terms.get(set) != 0) {
        text.append(text.isEmpty() || terms.get(set) < 0 ? "" : "+").append(term(set, axes));
      }
    }
    return text.isEmpty() ? "0" : text.toString();
  }

  private String term(int set, List<String> axes) {
    var factors = new java.util.ArrayList<String>();
    if (terms.get(set) != 1 || set == 0) {
      factors.add(Long.toString(terms.get(set)));
    }
    for (int i = 0; i < axes.size(); i++) {
      factors.addAll((set >> i & 1) == 1 ? List.of(axes.get(i)) : Collections.emptyList());
    }
    return String.join("*", factors);
  }
}
