//go:build !linux

package main

import "os"

func peakOf(*os.ProcessState) float64 { return 0 }
