// Command hello stands for the program where packing is tested: it says who runs it, and what it sees.
package main

import (
	"fmt"
	"os"
)

func main() {
	// In an image there is little: no libraries, no shell.
	entries, err := os.ReadDir("/")
	fmt.Println(os.Getuid(), len(entries), os.Args[1:], err)
}
