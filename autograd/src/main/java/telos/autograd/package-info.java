/// Derivatives of functions of models.
///
/// Reading order: [telos.autograd.Grad] is what one calls; `Tape` records and sweeps; `Vjp` is the
/// derivative of each operation; [telos.autograd.Loss] and [telos.autograd.Step] are what goes in
/// and comes out; [telos.autograd.Recompute] trades time for memory; [telos.autograd.GradCheck]
/// compares derivatives with finite differences.
///
/// The derivative is a function of values (Elliott 2018, "The simple essence of automatic
/// differentiation"; Maclaurin et al. 2015, HIPS autograd): nothing about a tensor changes when its
/// gradient is taken, and the rules are ordinary tensor operations, so that derivatives of
/// derivatives are nothing special.
package telos.autograd;
