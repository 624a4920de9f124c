// Command typecheck looks for what would not compile on other systems: in the packages of the current directory and below, with
// their tests. go vet would compile every dependency for each system first, which takes minutes of the processor.
//
//	go run ./cmd/typecheck darwin windows
package main

import (
	"fmt"
	"os"

	"golang.org/x/tools/go/packages"
)

func main() {
	wrong := 0
	for _, system := range os.Args[1:] {
		n, err := check(system)
		if err != nil {
			fmt.Fprintf(os.Stderr, "typecheck: %s: %v\n", system, err)
			n = 1
		}
		wrong += n
	}
	if wrong > 0 {
		os.Exit(1)
	}
}

// check prints what is wrong on a system, named as GOOS is, and counts it.
func check(system string) (int, error) {
	list, err := packages.Load(&packages.Config{
		// From source, down to the standard library: what a compiler has exported is there for this system alone.
		Mode:  packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedSyntax | packages.NeedTypes,
		Tests: true,
		Env:   append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0"),
	}, "./...")
	if err != nil {
		return 0, err
	}
	return packages.PrintErrors(list), nil
}
