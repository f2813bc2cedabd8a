(** The transition table as a readable program, and the proof that the two agree. *)
From Longhand Require Export Base.
From Longhand Require Import transitions.

Inductive sign := Pos | Neg.
Definition flip (s : sign) : sign := match s with Pos => Neg | Neg => Pos end.
Definition sign_sym (s : sign) : sym := match s with Pos => Plus | Neg => Minus end.

(** The states. A number that is zero has no sign: [None]. The last argument of [Result] and
    [Strip] says whether a divisor is still to be erased from the tape [second]. *)
Inductive state :=
  (* Reading. *)
  | Start (s : sign) | FirstZeros (s : sign) | FirstDigits (s : sign)
  | Second (s : sign) | SecondZeros (s : sign) | SecondDigits (s : sign)
  (* A value is complete. *)
  | Result (s : option sign) (used : bool) | Push (s : option sign) | Bring (s : sign)
  | Fetch (s : sign) | LiftFirst (s : sign) | LiftSecond (s : sign) | Drop
  | ToTheRightEnd (s : option sign) | Wipe (s : option sign)
  (* Sums. *)
  | Add (s : sign) (carry : bool) | Subtract (s : sign) (borrow : bool)
  | ToTheRight (s : sign) | Complement (s : sign) (carry : bool) | Strip (s : sign) (used : bool)
  (* Products. *)
  | Times (s : sign) | Multiply (carry : digit) | Product (n : Z) | RowDone (wrote : bool) | NextRow
  (* Quotients. *)
  | Over (s : sign) | Align | Places | Place | Compare | Fits | TakeAway (borrow : bool)
  | DoesNotFit | ToTheLeft
  | Halt.

(** * Shorthand for actions *)

Definition stay : act := (None, Stay).
Definition left : act := (None, Left).
Definition right : act := (None, Right).
Definition put (x : sym) : act := (Some x, Stay).
Definition put_left (x : sym) : act := (Some x, Left).
Definition put_right (x : sym) : act := (Some x, Right).

Notation "s ! a , b , c , d" := (Some (Act s a b c d)) (at level 60, a at next level).

Definition dig (z : Z) : digit := nth (Z.to_nat z) digits10 d0.
Definition D (z : Z) : sym := Dig (dig z).
Definition bz (b : bool) : Z := if b then 1 else 0.

(** The value of a digit or of a blank. *)
Definition value (x : sym) : Z := match x with Dig d => val d | _ => 0 end.

Definition is_digit (x : sym) : bool := match x with Dig _ => true | _ => false end.
Definition is_number (x : sym) : bool := match x with Dig _ | B => true | _ => false end.
Definition is_sign (x : sym) : bool := match x with Plus | Minus => true | _ => false end.
Definition is_operator (x : sym) : bool :=
  match x with Plus | Minus | Star | Slash => true | _ => false end.
Definition sign_of (x : sym) : sign := match x with Minus => Neg | _ => Pos end.

(** What can stand on the tape [first] to the left of its topmost number: anything but [*] and [/]
    ([Some true]); left of the first number in brackets: a bracket or nothing. *)
Definition before (x : sym) : bool := negb (is_digit x).
Definition bad_before (x : sym) : bool := match x with Star | Slash => true | _ => false end.
Definition opens (x : sym) : bool := match x with B | Open | Close => true | _ => false end.

Definition ends (x : sym) : bool := match x with B | Close => true | _ => false end.

Definition waits (top x : sym) : bool :=
  if is_operator top then is_sign top && bad_before x else negb (ends x).

Definition copy_first (x : sym) (s : sign) : option (action state) :=
  match x with
  | Dig d0 => FirstZeros s ! right, stay, stay, stay
  | Dig _ => FirstDigits s ! right, put_right x, stay, stay
  | _ => None
  end.

Definition copy_second (x : sym) (s : sign) : option (action state) :=
  match x with
  | Dig d0 => SecondZeros s ! right, stay, stay, stay
  | Dig _ => SecondDigits s ! right, stay, put_right x, stay
  | _ => None
  end.

(** Work with the numbers on [first] and [second]. [z] is the act on the tape [answer]. *)
Definition begin (top : sym) (s : sign) (z : act) : option (action state) :=
  match top with
  | Star => Times s ! left, left, stay, z
  | Slash => Over s ! left, left, stay, z
  | Plus => (match s with Pos => Add Pos false | Neg => Subtract Pos false end) ! stay, left, left, z
  | Minus => (match s with Neg => Add Neg false | Pos => Subtract Neg false end) ! stay, left, left, z
  | _ => None
  end.

Definition delta_result (v : option sign) (used : bool) (i f : sym) : option (action state) :=
  if is_digit i || is_digit f || (match i with Open => true | _ => false end) then None else
  match i, f with
  | B, B => Halt ! stay, stay, stay, (match v with None => put (Dig d0) | Some Neg => put Minus | _ => stay end)
  | B, (Open | Close) | Close, B => None
  | Close, Open => Result v used ! right, left, stay, stay
  | Close, Close => Result (option_map flip v) used ! right, left, stay, stay
  | _, _ =>
    if used then ToTheRightEnd v ! stay, stay, right, stay
    else if waits f i then Push v ! stay, right, stay, right
    else match v with
    | Some s => Bring s ! stay, stay, stay, right
    | None =>
      match f with
      | Slash => Halt ! stay, stay, stay, put Slash
      | Star => Drop ! stay, left, stay, stay
      | _ => Fetch (sign_of f) ! stay, left, stay, stay
      end
    end
  end.

(** The action in a state, given the symbols on [input], [first], [second] and [answer]. *)
Definition delta (q : state) (i f y z : sym) : option (action state) :=
  match q with
  | Start s =>
    match i with
    | Minus => Start (flip s) ! right, stay, stay, stay
    | Open => Start Pos ! right, put_right (match s with Pos => Open | Neg => Close end), stay, stay
    | _ => copy_first i s
    end
  | FirstZeros s =>
    match i with
    | B | Close => Result None false ! stay, left, stay, stay
    | Plus | Minus => Second (sign_of i) ! right, put Plus, stay, stay
    | Star | Slash => Second Pos ! right, put i, stay, stay
    | _ => copy_first i s
    end
  | FirstDigits s =>
    match i with
    | B | Close => LiftFirst s ! stay, left, stay, stay
    | Plus | Minus => Second (sign_of i) ! right, put (sign_sym s), stay, stay
    | Star | Slash => Second s ! right, put i, stay, stay
    | Dig _ => FirstDigits s ! right, put_right i, stay, stay
    | _ => None
    end
  | Second s =>
    match i with
    | Minus => Second (flip s) ! right, stay, stay, stay
    | Open => Start s ! stay, right, stay, stay
    | _ => copy_second i s
    end
  | SecondZeros s =>
    match i with
    | Open => None
    | Dig _ => copy_second i s
    | _ => Result None false ! stay, stay, stay, stay
    end
  | SecondDigits s =>
    if negb (is_operator f) then None else
    match i with
    | Open => None
    | Dig _ => SecondDigits s ! right, stay, put_right i, stay
    | _ => if waits f i then LiftSecond s ! stay, stay, left, stay else begin f s stay
    end

  | Result v used => delta_result v used i f
  | Push v =>
    if negb (is_operator i) then None else
    match z with
    | Dig _ => match v with None => None | _ => Push v ! stay, put_right z, stay, put_right B end
    | B =>
      let s := match v with Some s => s | None => Pos end in
      if is_sign i then Second (sign_of i) ! right, put (sign_sym s), stay, left else Second s ! right, put i, stay, left
    | _ => None
    end
  | Bring s =>
    if negb (is_operator f) then None else
    match z with
    | Dig _ => Bring s ! stay, stay, put_right z, put_right B
    | B => begin f s left
    | _ => None
    end
  | Fetch s =>
    if opens f then match s with Neg => None | _ => Result None false ! stay, stay, stay, stay end else
    if is_digit f then LiftFirst s ! stay, put_left B, stay, put_left f else None
  | LiftFirst s =>
    if opens f then Result (Some s) false ! stay, stay, stay, stay else
    if is_digit f then LiftFirst s ! stay, put_left B, stay, put_left f else None
  | LiftSecond s =>
    match y with
    | B => Result (Some s) false ! stay, stay, right, stay
    | Dig _ => LiftSecond s ! stay, stay, put_left B, put_left y
    | _ => None
    end
  | Drop =>
    if bad_before f then None else
    if before f then Result None false ! stay, stay, stay, stay else Drop ! stay, left, stay, stay
  | ToTheRightEnd v =>
    match y with
    | B => Wipe v ! stay, stay, left, stay
    | Dig _ => ToTheRightEnd v ! stay, stay, right, stay
    | _ => None
    end
  | Wipe v =>
    match y with
    | B => Result v false ! stay, stay, right, stay
    | Dig _ => Wipe v ! stay, stay, put_left B, stay
    | _ => None
    end

  | Add s carry =>
    if negb (opens f || is_digit f) || negb (is_number y) then None else
    match f, y with
    | Dig _, Dig _ =>
      let t := value f + value y + bz carry in Add s (10 <=? t) ! stay, put_left B, put_left B, put_left (D (t mod 10))
    | Dig _, _ => let t := value f + bz carry in Add s (10 <=? t) ! stay, put_left B, stay, put_left (D (t mod 10))
    | _, Dig _ => let t := value y + bz carry in Add s (10 <=? t) ! stay, stay, put_left B, put_left (D (t mod 10))
    | _, _ => Result (Some s) false ! stay, stay, right, (if carry then put_left (Dig d1) else stay)
    end
  | Subtract s borrow =>
    if negb (opens f || is_digit f) || negb (is_number y) then None else
    match f, y with
    | Dig _, Dig _ =>
      let t := value f - value y - bz borrow in Subtract s (t <? 0) ! stay, put_left B, put_left B, put_left (D (t mod 10))
    | Dig _, _ => let t := value f - bz borrow in Subtract s (t <? 0) ! stay, put_left B, stay, put_left (D (t mod 10))
    | _, Dig _ => let t := - value y - bz borrow in Subtract s (t <? 0) ! stay, stay, put_left B, put_left (D (t mod 10))
    | _, _ => (if borrow then ToTheRight (flip s) else Strip s false) ! stay, stay, right, right
    end
  | ToTheRight s =>
    match z with
    | B => Complement s true ! stay, stay, stay, left
    | Dig _ => ToTheRight s ! stay, stay, stay, right
    | _ => None
    end
  | Complement s carry =>
    match z with
    | B => if carry then None else Strip s false ! stay, stay, stay, right
    | Dig _ =>
      let t := 9 - value z + bz carry in Complement s (10 <=? t) ! stay, stay, stay, put_left (D (t mod 10))
    | _ => None
    end
  | Strip s used =>
    match z with
    | B => Result None used ! stay, stay, stay, left
    | Dig d0 => Strip s used ! stay, stay, stay, put_right B
    | Dig _ => Result (Some s) used ! stay, stay, stay, left
    | _ => None
    end

  | Times s =>
    if bad_before f then None else
    if before f then Wipe None ! right, stay, left, stay else Multiply d0 ! put (sign_sym s), stay, left, stay
  | Multiply carry =>
    match y with
    | Dig y' =>
      if bad_before f || (val y' <? val carry) then None else
      match f with
      | Dig x' => Product (val x' * val y' + val carry) ! stay, stay, stay, stay
      | _ =>
        if 0 <? val carry then RowDone true ! stay, right, put_left B, put (Dig carry)
        else RowDone false ! stay, right, put_left B, stay
      end
    | _ => None
    end
  | Product k =>
    if (0 <=? k) && (k <=? 90) && is_number z then
      let t := k + value z in Multiply (dig (t / 10)) ! stay, left, stay, put_left (D (t mod 10))
    else None
  | RowDone wrote =>
    if negb (is_sign i) then None else
    match y with
    | B => Result (Some (sign_of i)) false ! right, left, right, (if wrote then left else stay)
    | Dig _ => NextRow ! stay, right, stay, right
    | _ => None
    end
  | NextRow =>
    match f with
    | Star => Multiply d0 ! stay, left, stay, left
    | Dig _ => NextRow ! stay, right, stay, right
    | _ => None
    end

  | Over s =>
    if bad_before f then None else
    if before f then Wipe None ! right, stay, left, stay else Align ! put (sign_sym s), stay, left, stay
  | Align =>
    if bad_before f || negb (is_number y) then None else
    if before f then
      match y with
      | B => Place ! stay, stay, stay, put (Dig d0)
      | _ => Result None true ! right, stay, stay, stay
      end
    else
      match y with
      | B => Places ! stay, left, stay, put_left (Dig d0)
      | _ => Align ! stay, left, left, stay
      end
  | Places =>
    if bad_before f then None else
    if before f then Place ! stay, stay, stay, put (Dig d0) else Places ! stay, left, stay, put_left (Dig d0)
  | Place =>
    if bad_before f then None else
    match z with
    | B => if before f then None else ToTheLeft ! stay, stay, stay, left
    | Dig d0 => (if 0 <? value f then Fits else Compare) ! stay, right, right, stay
    | _ => None
    end
  | Compare =>
    match y with
    | B => match f with Dig _ | Slash => Fits ! stay, stay, stay, stay | _ => None end
    | Dig y' =>
      match f with
      | Dig x' =>
        if val x' <? val y' then DoesNotFit ! stay, left, left, stay
        else if val y' <? val x' then Fits ! stay, right, right, stay else Compare ! stay, right, right, stay
      | _ => None
      end
    | _ => None
    end
  | Fits =>
    match z with
    | Dig d9 => None
    | Dig z' =>
      match y with
      | B => TakeAway false ! stay, left, left, put (D (val z' + 1))
      | Dig _ => Fits ! stay, right, right, stay
      | _ => None
      end
    | _ => None
    end
  | TakeAway borrow =>
    if bad_before f || negb (is_number y) then None else
    match f, y with
    | Dig x', Dig y' =>
      let t := val x' - val y' - bz borrow in TakeAway (t <? 0) ! stay, put_left (D (t mod 10)), left, stay
    | Dig x', _ =>
      let t := val x' - bz borrow in
      if (0 <=? t) && (t <? 9) then (if 0 <? t then Fits else Compare) ! stay, put_right (D t), right, stay else None
    | _, Dig _ => None
    | _, _ => if borrow then None else Compare ! stay, right, right, stay
    end
  | DoesNotFit =>
    match y with
    | B => Place ! stay, right, stay, right
    | Dig _ => DoesNotFit ! stay, left, left, stay
    | _ => None
    end
  | ToTheLeft =>
    if negb (is_sign i) then None else
    match z with
    | B => Strip (sign_of i) true ! right, stay, stay, right
    | Dig _ => ToTheLeft ! stay, left, stay, left
    | _ => None
    end
  | Halt => None
  end.

(** * The states' numbers in the model file *)

Definition product_codes : list N :=
  [49; 50; 51; 52; 53; 54; 55; 56; 57; 58; 59; 109; 60; 110; 61; 64; 62; 111; 63; 112; 68; 65; 113;
   128; 66; 72; 117; 67; 69; 114; 73; 118; 70; 115; 129; 74; 71; 116; 130; 138; 75; 119; 77; 121; 132; 76;
   120; 131; 78; 80; 123; 133; 139; 144; 79; 122; 81; 124; 134; 140; 145; 149; 153; 82; 83; 125; 135; 141; 146;
   150; 154; 157; 84; 126; 136; 142; 147; 151; 155; 158; 160; 85; 127; 137; 143; 148; 152; 156; 159; 161; 162]%N.

Definition code (q : state) : N :=
  match q with
  | Start Pos => 0
  | FirstZeros Pos => 1
  | FirstDigits Pos => 2
  | Start Neg => 3
  | Result None false => 4
  | Second Pos => 5
  | Second Neg => 6
  | LiftFirst Pos => 7
  | FirstZeros Neg => 8
  | FirstDigits Neg => 9
  | Fetch Pos => 10
  | Fetch Neg => 11
  | Drop => 12
  | Push None => 13
  | SecondZeros Pos => 14
  | SecondDigits Pos => 15
  | SecondZeros Neg => 16
  | SecondDigits Neg => 17
  | Result (Some Pos) false => 18
  | LiftFirst Neg => 19
  | Add Pos false => 20
  | Subtract Neg false => 21
  | Over Pos => 22
  | Times Pos => 23
  | LiftSecond Pos => 24
  | Subtract Pos false => 25
  | Add Neg false => 26
  | Over Neg => 27
  | Times Neg => 28
  | LiftSecond Neg => 29
  | Bring Pos => 30
  | Push (Some Pos) => 31
  | Result (Some Neg) false => 32
  | Add Pos true => 33
  | Strip Neg false => 34
  | Subtract Neg true => 35
  | Wipe None => 36
  | Align => 37
  | Multiply d0 => 38
  | Strip Pos false => 39
  | Subtract Pos true => 40
  | Add Neg true => 41
  | Bring Neg => 42
  | Push (Some Neg) => 43
  | ToTheRight Pos => 44
  | Place => 45
  | Result None true => 46
  | Places => 47
  | RowDone false => 48
  | ToTheRight Neg => 86
  | Complement Pos true => 87
  | Compare => 88
  | ToTheLeft => 89
  | Fits => 90
  | ToTheRightEnd None => 91
  | NextRow => 92
  | Multiply d1 => 93
  | Multiply d2 => 94
  | Multiply d3 => 95
  | Multiply d4 => 96
  | Multiply d5 => 97
  | Multiply d6 => 98
  | Multiply d7 => 99
  | Multiply d8 => 100
  | Multiply d9 => 101
  | Complement Neg true => 102
  | Complement Pos false => 103
  | DoesNotFit => 104
  | Strip Pos true => 105
  | Strip Neg true => 106
  | TakeAway false => 107
  | RowDone true => 108
  | Complement Neg false => 163
  | Result (Some Pos) true => 164
  | Result (Some Neg) true => 165
  | TakeAway true => 166
  | ToTheRightEnd (Some Pos) => 167
  | ToTheRightEnd (Some Neg) => 168
  | Wipe (Some Pos) => 169
  | Wipe (Some Neg) => 170
  | Halt => 171
  | Product k => nth (Z.to_nat k) product_codes 0
  end%N.

Definition signs := [Pos; Neg].
Definition options := [None; Some Pos; Some Neg].
Definition bools := [false; true].

Definition states : list state :=
  flat_map (fun s => [Start s; FirstZeros s; FirstDigits s; Second s; SecondZeros s; SecondDigits s;
                      Bring s; Fetch s; LiftFirst s; LiftSecond s; ToTheRight s; Times s; Over s]) signs
  ++ flat_map (fun v => [Push v; ToTheRightEnd v; Wipe v] ++ map (Result v) bools) options
  ++ flat_map (fun s => map (Add s) bools ++ map (Subtract s) bools ++ map (Complement s) bools
                        ++ map (Strip s) bools) signs
  ++ map Multiply digits10 ++ map (fun k => Product (Z.of_nat k)) (seq 0 91)
  ++ map RowDone bools ++ map TakeAway bools
  ++ [Drop; NextRow; Align; Places; Place; Compare; Fits; DoesNotFit; ToTheLeft; Halt].

(** Which tapes a state looks at. *)
Definition looks (q : state) : bool * bool * bool * bool :=
  match q with
  | Start _ | FirstZeros _ | FirstDigits _ | Second _ | SecondZeros _ => (true, false, false, false)
  | SecondDigits _ | Result _ _ => (true, true, false, false)
  | Push _ | ToTheLeft => (true, false, false, true)
  | Bring _ | Place => (false, true, false, true)
  | Fetch _ | LiftFirst _ | Drop | Times _ | NextRow | Over _ | Places => (false, true, false, false)
  | LiftSecond _ | ToTheRightEnd _ | Wipe _ | DoesNotFit => (false, false, true, false)
  | Add _ _ | Subtract _ _ | Multiply _ | Align | Compare | TakeAway _ => (false, true, true, false)
  | ToTheRight _ | Complement _ _ | Strip _ _ | Product _ => (false, false, false, true)
  | RowDone _ => (true, false, true, false)
  | Fits => (false, false, true, true)
  | Halt => (false, false, false, false)
  end.

(** * The program is the table *)

Definition encode (a : action state) : action N :=
  Act (code (next a)) (ai a) (af a) (as_ a) (aa a).

Definition seen_by (looked : bool) : list sym := if looked then symbols else [B].

Definition beq_sym (x y : sym) : bool := (number x =? number y)%N.
Definition beq_act (a b : act) : bool :=
  match fst a, fst b with
  | None, None => true | Some x, Some y => beq_sym x y | _, _ => false
  end &&
  match snd a, snd b with
  | Left, Left | Stay, Stay | Right, Right => true | _, _ => false
  end.
Definition beq_action (a b : action N) : bool :=
  (next a =? next b)%N && beq_act (ai a) (ai b) && beq_act (af a) (af b)
  && beq_act (as_ a) (as_ b) && beq_act (aa a) (aa b).

Definition agree (a : option (action state)) (b : option (action N)) : bool :=
  match a, b with
  | None, None => true | Some a, Some b => beq_action (encode a) b | _, _ => false
  end.

(** Compare one state on all symbols that it looks at. *)
Definition check_state (q : state) : bool :=
  let rows := filter (of_state (code q)) table in
  match looks q with
  | (li, lf, ls, la) =>
    forallb (fun i => forallb (fun f => forallb (fun y => forallb (fun z =>
      agree (delta q i f y z) (option_map action_of (find (matches i f y z) rows)))
      (seen_by la)) (seen_by ls)) (seen_by lf)) (seen_by li)
  end.

Lemma check_states : forallb check_state states = true.
Proof. vm_compute. reflexivity. Qed.

(** Lines of a state name no symbol of a tape that the state does not look at. *)
Definition ignores (looked : bool) (x : N) : bool := looked || (x =? 17)%N.
Definition check_looks (q : state) : bool :=
  match looks q with
  | (li, lf, ls, la) =>
    forallb (fun row => match row with
      | L _ x1 x2 x3 x4 _ _ _ _ _ _ _ _ _ =>
          ignores li x1 && ignores lf x2 && ignores ls x3 && ignores la x4
      end) (filter (of_state (code q)) table)
  end.

Lemma check_all_looks : forallb check_looks states = true.
Proof. vm_compute. reflexivity. Qed.

Definition masked (looked : bool) (x : sym) : sym := if looked then x else B.

Lemma masked_in looked x : In (masked looked x) (seen_by looked).
Proof.
  destruct looked; cbn; [|auto].
  destruct x as [|d| | | | | |]; try destruct d; repeat (auto; right); auto.
Qed.

Lemma delta_masked q i f y z :
  delta q i f y z =
  match looks q with
  | (li, lf, ls, la) => delta q (masked li i) (masked lf f) (masked ls y) (masked la z)
  end.
Proof. destruct q; reflexivity. Qed.

Lemma find_masked (li lf ls la : bool) i f y z rows :
  forallb (fun row => match row with
      | L _ x1 x2 x3 x4 _ _ _ _ _ _ _ _ _ =>
          ignores li x1 && ignores lf x2 && ignores ls x3 && ignores la x4
      end) rows = true ->
  find (matches i f y z) rows =
  find (matches (masked li i) (masked lf f) (masked ls y) (masked la z)) rows.
Proof.
  assert (one : forall b x s, ignores b x = true -> sees x s = sees x (masked b s)).
  { intros [] x s H; [reflexivity|]. unfold ignores in H. cbn in H. unfold sees. now rewrite H. }
  induction rows as [|row rows IH]; cbn [forallb find]; [reflexivity|].
  intros H. apply andb_prop in H as [H Hs].
  replace (matches i f y z row)
    with (matches (masked li i) (masked lf f) (masked ls y) (masked la z) row).
  - rewrite IH by assumption. reflexivity.
  - destruct row. cbn [matches].
    apply andb_prop in H as [H Ha]. apply andb_prop in H as [H Hy]. apply andb_prop in H as [Hi Hf].
    now rewrite (one li _ i), (one lf _ f), (one ls _ y), (one la _ z).
Qed.

Definition state_eq_dec (p q : state) : {p = q} + {p <> q}.
Proof. repeat (decide equality; try apply Z.eq_dec). Defined.

Definition listed (q : state) : bool := if in_dec state_eq_dec q states then true else false.

Lemma listed_in q : listed q = true -> In q states.
Proof. unfold listed. destruct (in_dec state_eq_dec q states); [auto|discriminate]. Qed.

Lemma states_complete q i f y z : delta q i f y z <> None -> In q states.
Proof.
  intros H.
  destruct q as [[]|[]|[]|[]|[]|[]|[[]|] []|[[]|]|[]|[]|[]|[]| |[[]|]|[[]|]|[] []|[] []|[]|[] []|[] []
    |[]|[]|k|[]| |[]| | | | | |[]| | |]; try (apply listed_in; vm_compute; reflexivity).
  assert (bound : 0 <= k <= 90).
  { cbn [delta] in H. destruct (0 <=? k) eqn:E1; [|now destruct H].
    destruct (k <=? 90) eqn:E2; [|now destruct H]. lia. }
  unfold states. do 4 (apply in_or_app; right). apply in_or_app; left.
  apply in_map_iff. exists (Z.to_nat k). split; [f_equal; lia|]. apply in_seq. lia.
Qed.

Lemma beq_sym_eq x y : beq_sym x y = true -> x = y.
Proof.
  unfold beq_sym. intros H%N.eqb_eq.
  destruct x as [|[]| | | | | |], y as [|[]| | | | | |]; cbn in H; congruence.
Qed.

Lemma beq_act_eq a b : beq_act a b = true -> a = b.
Proof.
  destruct a as [[x|] m], b as [[y|] m']; unfold beq_act; cbn [fst snd];
    rewrite ?andb_true_iff; intros [H1 H2]; try discriminate;
    destruct m, m'; try discriminate; try apply beq_sym_eq in H1; now subst.
Qed.

Lemma beq_action_eq a b : beq_action a b = true -> a = b.
Proof.
  destruct a as [a1 a2 a3 a4 a5], b as [b1 b2 b3 b4 b5]. unfold beq_action. cbn [next ai af as_ aa].
  rewrite !andb_true_iff. intros [[[[H1 H2] H3] H4] H5].
  apply N.eqb_eq in H1. apply beq_act_eq in H2, H3, H4, H5. now subst.
Qed.

(** Each action of the program is a line of the table. *)
Opaque table.
Theorem delta_is_table q i f y z a :
  delta q i f y z = Some a -> program_of table (code q) i f y z = Some (encode a).
Proof.
  intros H. assert (member : In q states) by (apply (states_complete q i f y z); congruence).
  pose proof check_states as C. rewrite forallb_forall in C. specialize (C q member).
  pose proof check_all_looks as K. rewrite forallb_forall in K. specialize (K q member).
  unfold check_looks in K. unfold check_state in C. rewrite delta_masked in H. unfold program_of.
  destruct (looks q) as [[[li lf] ls] la].
  rewrite (find_masked li lf ls la) by exact K. clear K.
  rewrite forallb_forall in C. specialize (C _ (masked_in li i)).
  rewrite forallb_forall in C. specialize (C _ (masked_in lf f)).
  rewrite forallb_forall in C. specialize (C _ (masked_in ls y)).
  rewrite forallb_forall in C. specialize (C _ (masked_in la z)).
  rewrite H in C. unfold agree in C.
  destruct (option_map action_of _) as [b|]; [|discriminate].
  apply beq_action_eq in C. rewrite C. reflexivity.
Qed.
