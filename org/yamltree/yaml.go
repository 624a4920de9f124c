package yamltree

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// rounds is how often a text may be read: the library stops at a tag that a bracket follows. A large text takes long.
func rounds(text string) int { return min(20, 2+MaxBytes/(1+len(text))) }

// parseYAML reads YAML. What it refuses is read as text once more, so that the rest of the file is looked at, too.
func parseYAML(text string) (root *Node, problems []Problem) {
	defer func() {
		if failure := recover(); failure != nil { // the library is not ours, and the file may be anybody's
			root, problems = nil, append(problems, Problem{Line: 1, Column: 1, Text: "the text cannot be read as YAML"})
		}
	}()
	for range rounds(text) {
		s := newScan(text)
		s.look()
		if s.stopped && problems != nil { // what stands in the place of what was refused may be to blame
			return nil, append(problems, s.problems[:len(s.problems)-1]...)
		}
		problems = append(problems, s.problems...)
		switch {
		case s.stopped:
			return nil, problems
		case len(s.places) == 0:
			return build(s.tokens, problems)
		}
		text = s.masked()
	}
	return nil, problems
}

// build makes a tree of tokens in which nothing is refused.
func build(tokens token.Tokens, problems []Problem) (*Node, []Problem) {
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil && problems == nil {
		problems = append(problems, syntaxProblem(err))
	}
	if err != nil {
		return nil, problems
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, append(problems, Problem{Line: 1, Column: 1, Text: "the file is empty"})
	}
	b := builder{problems: problems}
	root := b.node(file.Docs[0].Body, 1)
	if b.values > maxValues {
		return nil, append(problems, Problem{Line: 1, Column: 1, Text: tooManyValues().Error()})
	}
	if b.unreadable {
		root = nil
	}
	return root, b.problems
}

// syntaxProblem takes the place out of an error of the parser.
func syntaxProblem(err error) Problem {
	p := Problem{Line: 1, Column: 1, Text: "the text cannot be read as YAML"}
	if e, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		p.Text = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Column = max(t.Position.Line, 1), max(t.Position.Column, 1)
		}
	}
	return p
}

// builder makes a tree of the parser's.
type builder struct {
	problems   []Problem
	unreadable bool
	values     int
}

func (b *builder) fail(n ast.Node, text string) *Node {
	p := placeOf(n)
	b.problems = append(b.problems, Problem{Line: p.Line, Column: p.Column, Text: text})
	b.unreadable = true
	return &Node{Place: p}
}

func placeOf(n ast.Node) Place {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return Place{max(t.Position.Line, 1), max(t.Position.Column, 1)}
	}
	return Place{1, 1}
}

func (b *builder) node(n ast.Node, depth int) *Node {
	b.values++
	switch n := n.(type) {
	case *ast.MappingNode:
		return b.mapping(n, depth)
	case *ast.MappingValueNode:
		whole := ast.MappingNode{BaseNode: n.BaseNode, Start: n.Key.GetToken(), Values: []*ast.MappingValueNode{n}}
		return b.mapping(&whole, depth)
	case *ast.SequenceNode:
		if depth > MaxDepth {
			return b.fail(n, tooDeep().Error())
		}
		list := Node{Kind: List, Place: placeOf(n)}
		for _, v := range n.Values {
			list.Items = append(list.Items, b.node(v, depth+1))
		}
		return &list
	case *ast.StringNode:
		t := n.Token.Type
		return &Node{Kind: Text, Text: n.Value, Plain: t != token.SingleQuoteType && t != token.DoubleQuoteType, Place: placeOf(n)}
	case *ast.LiteralNode:
		return &Node{Kind: Text, Text: n.Value.Value, Place: placeOf(n)}
	case *ast.NullNode:
		return &Node{Kind: Nothing, Plain: true, Place: placeOf(n)}
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return &Node{Kind: Text, Text: n.GetToken().Value, Plain: true, Place: placeOf(n)}
	}
	return b.fail(n, "this cannot be read: quote it, if it is a text")
}

func (b *builder) mapping(n *ast.MappingNode, depth int) *Node {
	if depth > MaxDepth {
		return b.fail(n, tooDeep().Error())
	}
	m := Node{Kind: Mapping, Place: placeOf(n)}
	if len(n.Values) > 0 && !n.IsFlowStyle {
		m.Place = placeOf(n.Values[0].Key)
	}
	for _, v := range n.Values {
		name, ok := keyText(v.Key)
		if !ok {
			b.fail(v.Key, "a key is a text")
			continue
		}
		m.Fields = append(m.Fields, Field{Name: name, Place: placeOf(v.Key), Value: b.node(v.Value, depth+1)})
	}
	if len(m.Fields) > maxKeys {
		return b.fail(n, tooManyKeys().Error())
	}
	return &m
}

// keyText returns a key as it was written: "no", "null" and "1" are names.
func keyText(key ast.MapKeyNode) (string, bool) {
	switch key := key.(type) {
	case *ast.StringNode:
		return key.Value, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode, *ast.NullNode:
		return key.GetToken().Value, true
	}
	return "", false
}
