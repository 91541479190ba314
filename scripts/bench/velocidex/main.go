// Command velocidex reads an .evtx with www.velocidex.com/golang/evtx and prints how many records that are: the rival of our own
// decoder in `make bench`. It is a module of its own, so that the product depends on nothing for a measure.
package main

import (
	"fmt"
	"os"

	"www.velocidex.com/golang/evtx"
)

func main() {
	n, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "velocidex:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, n)
}

func read(path string) (n int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("opening the log: %w", err)
	}
	defer f.Close()
	chunks, err := evtx.GetChunks(f)
	if err != nil {
		return 0, fmt.Errorf("finding the chunks: %w", err)
	}
	for _, chunk := range chunks {
		records, err := chunk.Parse(0)
		if err != nil {
			return n, fmt.Errorf("reading a chunk: %w", err)
		}
		for _, r := range records {
			if r.Event != nil {
				n++
			}
		}
	}
	return n, nil
}
