package sources

import (
	"strconv"
)

// A Layer is one entry of the order of precedence.
type Layer int

// The layers, highest first.
const (
	Env       Layer = iota // the environment that aside was started with
	Override               // .secrets.local.cue
	Stage                  // the stage's own secrets
	Type                   // secrets of the stage's type
	Fallback               // fallback secrets
	DotEnv                 // the .env files, in the order of their cascade
	Parameter              // parameters of aside.yaml
)

// String returns the layer's name as users see it.
func (l Layer) String() string {
	switch l {
	case Env:
		return "env"
	case Override:
		return "override"
	case Stage:
		return "stage"
	case Type:
		return "type"
	case Fallback:
		return "fallback"
	case DotEnv:
		return "dotenv"
	case Parameter:
		return "parameter"
	}
	return "layer " + strconv.Itoa(int(l))
}

// Stored reports whether the layer holds secrets from a store.
func (l Layer) Stored() bool { return l == Stage || l == Type || l == Fallback }

// Secret reports whether the layer holds secrets: from a store, or in place of those.
func (l Layer) Secret() bool { return l.Stored() || l == Override }

// An Origin says where a value was defined.
type Origin struct {
	Layer Layer

	// Source is the file, as the user knows it (relative to the root where it lies
	// below it, or as --env-file names it), or the store's own name for the place:
	// "awssm:my-app/dev/X".
	Source string

	// Line and Column start at 1; 0 where the source has none. Column counts bytes.
	Line, Column int

	// Version is the store's version of the value, or "".
	Version string

	// Shared tells that the value comes from the scope above apps.
	Shared bool
}

// Label names the layer in one word: a .env file by its name, as a user would.
func (o Origin) Label() string {
	if o.Layer == DotEnv {
		return o.Source
	}
	return o.Layer.String()
}

// String returns the place in full: "file:line" or the source's name.
func (o Origin) String() string {
	if o.Line > 0 {
		return o.Source + ":" + strconv.Itoa(o.Line)
	}
	return o.Source
}
