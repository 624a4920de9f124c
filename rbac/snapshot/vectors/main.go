// Vectors writes what implementations of snapshots must agree on: documents, events, questions, and the answers of the
// engine. Its README describes the format.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
)

func main() {
	n := flag.Int("n", 1000, "write so many questions")
	seed := flag.Uint64("seed", 1, "begin the random numbers here")
	flag.Parse()
	// Buffered: a hundred thousand questions are some ten megabytes.
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	err := generate(out, *n, *seed)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vectors:", err)
		os.Exit(1)
	}
}
