(** Symbols, tapes and the machine that a transition table describes. *)
From Coq Require Export ZArith NArith List Lia Bool.
Export ListNotations.
Open Scope Z_scope.

(** * Symbols *)

Inductive digit := d0 | d1 | d2 | d3 | d4 | d5 | d6 | d7 | d8 | d9.

(** [B] is the blank. *)
Inductive sym := B | Dig (d : digit) | Plus | Minus | Slash | Star | Open | Close.

Definition val (d : digit) : Z :=
  match d with
  | d0 => 0 | d1 => 1 | d2 => 2 | d3 => 3 | d4 => 4
  | d5 => 5 | d6 => 6 | d7 => 7 | d8 => 8 | d9 => 9
  end.

Definition digits10 : list digit := [d0; d1; d2; d3; d4; d5; d6; d7; d8; d9].

(** All symbols; the position of a symbol is its number in the model file. *)
Definition symbols : list sym :=
  B :: map Dig digits10 ++ [Plus; Minus; Slash; Star; Open; Close].

Definition number (x : sym) : N :=
  match x with
  | B => 0 | Dig d => Z.to_N (1 + val d)
  | Plus => 11 | Minus => 12 | Slash => 13 | Star => 14 | Open => 15 | Close => 16
  end.

(** * Tapes

    A tape is the list of symbols to the left of the head (nearest first), the symbol under the
    head, the list to the right (nearest first), and the position of the head. The lists are
    infinite: beyond their ends all cells are blank. [push] adds no blank to an empty list, so that
    equal tapes have one representation. *)

Inductive move := Left | Stay | Right.

Record tape := T { lft : list sym; cur : sym; rgt : list sym; pos : Z }.

Definition push (x : sym) (l : list sym) : list sym :=
  match x, l with B, [] => [] | _, _ => x :: l end.

Definition write (w : option sym) (t : tape) : tape :=
  match w with None => t | Some x => T (lft t) x (rgt t) (pos t) end.

Definition go (m : move) (t : tape) : tape :=
  match m with
  | Left => T (tl (lft t)) (hd B (lft t)) (push (cur t) (rgt t)) (pos t - 1)
  | Stay => t
  | Right => T (push (cur t) (lft t)) (hd B (rgt t)) (tl (rgt t)) (pos t + 1)
  end.

(** * Machines

    A machine has states of some type, and the tapes input, first, second and answer. *)

Record config (state : Type) := Cfg { st : state; ti : tape; tf : tape; ts : tape; ta : tape }.
Arguments Cfg {state}. Arguments st {state}. Arguments ti {state}.
Arguments tf {state}. Arguments ts {state}. Arguments ta {state}.

(** What to write, if anything, and where to move. *)
Definition act : Type := option sym * move.

Record action (state : Type) := Act { next : state; ai : act; af : act; as_ : act; aa : act }.
Arguments Act {state}. Arguments next {state}. Arguments ai {state}.
Arguments af {state}. Arguments as_ {state}. Arguments aa {state}.

Definition perform (a : act) (t : tape) : tape := go (snd a) (write (fst a) t).

Definition apply {state} (a : action state) (c : config state) : config state :=
  Cfg (next a) (perform (ai a) (ti c)) (perform (af a) (tf c))
      (perform (as_ a) (ts c)) (perform (aa a) (ta c)).

(** The next action, given the state and the symbols under the four heads. [None]: there is none. *)
Definition program (state : Type) : Type := state -> sym -> sym -> sym -> sym -> option (action state).

Definition step {state} (p : program state) (c : config state) : option (config state) :=
  match p (st c) (cur (ti c)) (cur (tf c)) (cur (ts c)) (cur (ta c)) with
  | Some a => Some (apply a c)
  | None => None
  end.

(** * The machine of a table *)

(** State, numbers of the symbols seen (17: the state does not look at this tape), next state,
    numbers of the symbols to write (17: nothing), moves (0 left, 1 stay, 2 right). *)
Inductive line := L (s x1 x2 x3 x4 t w1 w2 w3 w4 m1 m2 m3 m4 : N).

Definition sees (x : N) (y : sym) : bool := ((x =? 17) || (x =? number y))%N.

Definition of_state (s : N) (l : line) : bool :=
  match l with L s' _ _ _ _ _ _ _ _ _ _ _ _ _ => (s' =? s)%N end.

Definition matches (y1 y2 y3 y4 : sym) (l : line) : bool :=
  match l with
  | L _ x1 x2 x3 x4 _ _ _ _ _ _ _ _ _ => sees x1 y1 && sees x2 y2 && sees x3 y3 && sees x4 y4
  end.

Definition symbol_of (w : N) : option sym := nth_error symbols (N.to_nat w).
Definition move_of (m : N) : move := match m with 0%N => Left | 1%N => Stay | _ => Right end.

Definition action_of (l : line) : action N :=
  match l with
  | L _ _ _ _ _ t w1 w2 w3 w4 m1 m2 m3 m4 =>
      Act t (symbol_of w1, move_of m1) (symbol_of w2, move_of m2)
            (symbol_of w3, move_of m3) (symbol_of w4, move_of m4)
  end.

(** The action of the first line for this state that matches the symbols under the heads. *)
Definition program_of (table : list line) : program N := fun s y1 y2 y3 y4 =>
  option_map action_of (find (matches y1 y2 y3 y4) (filter (of_state s) table)).
