//go:build !linux

package main

func peakOf(int, <-chan struct{}) float64 { return 0 }
