//go:build race

package engine

// raced says that the race detector slows the tests ten times.
const raced = true
