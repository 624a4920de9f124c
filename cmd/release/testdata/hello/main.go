// Command hello stands for the program where packing is tested: it says who runs it, and what it sees.
package main

import (
	"fmt"
	"os"
)

func main() {
	entries, err := os.ReadDir("/")
	fmt.Println(os.Getuid(), len(entries), os.Args[1:], err)
}
