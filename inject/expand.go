package inject

import (
	"maps"
	"slices"
	"strings"

	"github.com/aside-cli/aside/dotenv"
	"github.com/aside-cli/aside/sources"
)

// Values that refer to each other can double in size with every line. A value
// that holds references is limited to maxExpanded bytes, all of them together
// to maxExpandedTotal.
const (
	maxExpanded      = 1 << 20
	maxExpandedTotal = 64 << 20
)

// An expansion is the final value of one name.
type expansion struct {
	secret sources.Secret
	from   []string // the set names that its references looked at, sorted
}

// expand returns the value of every name of defs, which holds all definitions of
// a name by its [nameKey], the winner first. Templates are expanded: a reference stands for the
// winner of its name, and a name within its own value for the definition that
// this one shadows. What comes out is not read again.
//
// The warnings and the error hold no value; the text after :? is shown.
func expand(defs map[string][]sources.Value, caseless bool) (map[string]expansion, []string, error) {
	e := expander{defs: make(map[string]*definition, len(defs)), caseless: caseless, budget: maxExpandedTotal}
	for name, values := range defs {
		e.define(name, values)
	}
	for _, name := range slices.Sorted(maps.Keys(e.defs)) {
		if err := e.resolve(e.defs[name]); err != nil {
			return nil, nil, err
		}
	}
	all := make(map[string]expansion, len(defs))
	for name, def := range e.defs {
		all[name] = def.expansion
	}
	return all, e.warnings, nil
}

type expander struct {
	defs     map[string]*definition // the winners
	caseless bool

	// stack holds the definitions that are being expanded: each refers to the
	// one above it. It is no recursion, because a file can make it a million deep.
	stack    []frame
	budget   int // bytes left of maxExpandedTotal
	warnings []string
}

type definition struct {
	*sources.Value
	shadowed *definition // the next lower one of the same name
	state    state
	expansion
}

type state uint8

const (
	untouched state = iota
	active          // on the stack
	resolved
)

type frame struct {
	def  *definition
	todo [][]dotenv.Part // what is still to be added, the innermost word last
	sub  substitution
}

func (e *expander) define(name string, values []sources.Value) {
	chain := make([]definition, len(values))
	for i := range values {
		def := &chain[i]
		def.Value = &values[i]
		if i+1 < len(chain) {
			def.shadowed = &chain[i+1]
		}
		if def.Template == nil {
			def.secret, def.state = def.Secret, resolved
		} else if text, ok := def.Template.Literal(); ok {
			def.secret, def.state = sources.NewSecret(text), resolved
		}
	}
	if len(chain) > 0 {
		e.defs[name] = &chain[0]
	}
}

// resolve expands def and, before it, everything that its value needs.
func (e *expander) resolve(def *definition) error {
	if def.state == resolved {
		return nil
	}
	e.push(def)
	for len(e.stack) > 0 {
		f := &e.stack[len(e.stack)-1]
		if f.sub.size > maxExpanded {
			return sources.Hint(f.fail(errTooLarge),
				"do values double, each holding another one twice? shorten the chain")
		}
		part, ok := f.peek()
		if !ok {
			if err := e.finish(f); err != nil {
				return err
			}
			continue
		}
		ref, ok := part.Ref()
		if !ok {
			f.advance()
			if err := f.sub.literal(part.Text()); err != nil {
				return f.fail(err)
			}
			continue
		}
		target := e.lookup(f.def, ref.Name())
		if target != nil && target.state == active {
			return e.cycle(target)
		}
		if target != nil && target.state == untouched {
			e.push(target) // the reference is looked at again once target has its value
			continue
		}
		f.advance()
		if err := e.apply(f, ref, target); err != nil {
			return err
		}
	}
	return nil
}

func (e *expander) push(def *definition) {
	def.state = active
	e.stack = append(e.stack, frame{def: def, todo: [][]dotenv.Part{def.Template.Parts()}})
}

// lookup returns the definition that name stands for in the value of def, or nil.
func (e *expander) lookup(def *definition, name string) *definition {
	key := nameKey(name, e.caseless)
	if key == nameKey(def.Name, e.caseless) {
		return def.shadowed
	}
	return e.defs[key]
}

// apply adds what ref stands for to f. Its target is resolved, or nil.
func (e *expander) apply(f *frame, ref dotenv.Ref, target *definition) error {
	var text string
	if target != nil {
		text = target.secret.Reveal()
		f.def.from = append(f.def.from, target.Name)
	}
	op, colon := strings.CutPrefix(ref.Op(), ":")
	present := target != nil && !(colon && text == "")
	switch {
	case op == "-" && !present, op == "+" && present:
		f.todo = append(f.todo, ref.Word())
		return nil
	case op == "+":
		return nil
	case op == "?" && !present:
		return f.required(ref, colon)
	case op == "" && target == nil:
		// The name may be a piece of a password with a $ in it.
		e.warnings = append(e.warnings, f.at(ref.Line(), ref.Column())+
			`a reference to a name that is not set is empty: write \$ for a plain $, or use single quotes`)
	}
	return f.sub.value(text)
}

// finish ends the topmost frame.
func (e *expander) finish(f *frame) error {
	text, err := f.sub.result()
	if err != nil {
		return f.fail(err)
	}
	if e.budget -= len(text); e.budget < 0 {
		return sources.Hint(f.fail(errTooMuch),
			"a large value should not be referred to by many others")
	}
	slices.Sort(f.def.from)
	f.def.from = slices.Compact(f.def.from)
	f.def.secret, f.def.state = sources.NewSecret(text), resolved
	e.stack[len(e.stack)-1] = frame{}
	e.stack = e.stack[:len(e.stack)-1]
	return nil
}

// peek returns the part that is next, and false if there is none.
func (f *frame) peek() (dotenv.Part, bool) {
	for n := len(f.todo); n > 0; n-- {
		if parts := f.todo[n-1]; len(parts) > 0 {
			return parts[0], true
		}
		f.todo = f.todo[:n-1]
	}
	return dotenv.Part{}, false
}

// advance goes on behind the part that peek returned.
func (f *frame) advance() {
	top := &f.todo[len(f.todo)-1]
	*top = (*top)[1:]
}
