/// How a process looks, as values: what is where, without pixels. Only here are scenes turned into
/// pictures, text and files.
///
/// Reading order: [Scene]; its two kinds, [Drawing] of shapes in the plane and [Board] of cells;
/// [Images], files of pictures and animations.
@org.jspecify.annotations.NullMarked
package telos.rl.scene;
