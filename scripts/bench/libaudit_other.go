//go:build !linux

package main

// goLibaudit is nil: go-libaudit compiles on Linux only.
func goLibaudit([][]record) func() { return nil }
