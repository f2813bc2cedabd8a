(** Numbers as lists of digits, the tapes that occur, and runs within bounds. *)
From Longhand Require Export Program.

Notation cfg := (config state).

(** * Numbers *)

(** The value of digits, the last digit first, and the first digit first. *)
Fixpoint le (xs : list digit) : Z := match xs with [] => 0 | x :: xs => val x + 10 * le xs end.
Fixpoint be (xs : list digit) : Z :=
  match xs with [] => 0 | x :: xs => val x * 10 ^ Z.of_nat (length xs) + be xs end.

(** No leading zero. *)
Definition canon (xs : list digit) : Prop := match xs with d0 :: _ => False | _ => True end.

Lemma val_range d : 0 <= val d <= 9.
Proof. destruct d; cbn; lia. Qed.

Lemma val_dig z : 0 <= z <= 9 -> val (dig z) = z.
Proof.
  intros H. assert (z = 0 \/ z = 1 \/ z = 2 \/ z = 3 \/ z = 4 \/ z = 5 \/ z = 6 \/ z = 7 \/ z = 8
    \/ z = 9) as E by lia.
  repeat destruct E as [E|E]; subst; reflexivity.
Qed.

Lemma val_mod z : val (dig (z mod 10)) = z mod 10.
Proof. apply val_dig. pose proof (Z.mod_pos_bound z 10). lia. Qed.

Lemma val_inj x y : val x = val y -> x = y.
Proof. destruct x, y; cbn; intros; congruence. Qed.

Lemma pow_S k : 10 ^ Z.of_nat (S k) = 10 * 10 ^ Z.of_nat k.
Proof. rewrite Nat2Z.inj_succ, Z.pow_succ_r; lia. Qed.

Lemma pow_pos k : 0 < 10 ^ Z.of_nat k.
Proof. apply Z.pow_pos_nonneg; lia. Qed.

Lemma be_app xs ys : be (xs ++ ys) = be xs * 10 ^ Z.of_nat (length ys) + be ys.
Proof.
  induction xs as [|x xs IH]; cbn [be app]; [lia|].
  rewrite IH, app_length, Nat2Z.inj_add, Z.pow_add_r by lia. lia.
Qed.

Lemma le_app xs ys : le (xs ++ ys) = le xs + 10 ^ Z.of_nat (length xs) * le ys.
Proof.
  induction xs as [|x xs IH]; cbn [le app length]; [change (10 ^ Z.of_nat 0) with 1; lia|].
  rewrite IH, pow_S. lia.
Qed.

Lemma be_rev xs : be (rev xs) = le xs.
Proof. induction xs; cbn [rev le]; [reflexivity|]. rewrite be_app, IHxs. cbn [be length].
  change (10 ^ Z.of_nat 1) with 10. change (10 ^ Z.of_nat 0) with 1. lia.
Qed.

Lemma le_rev xs : le (rev xs) = be xs.
Proof. now rewrite <- be_rev, rev_involutive. Qed.

Lemma be_bound xs : 0 <= be xs < 10 ^ Z.of_nat (length xs).
Proof.
  induction xs as [|x xs IH]; cbn [be length]; [cbn; lia|].
  rewrite pow_S. pose proof (val_range x). nia.
Qed.

Lemma le_bound xs : 0 <= le xs < 10 ^ Z.of_nat (length xs).
Proof. rewrite <- be_rev, <- rev_length. apply be_bound. Qed.

Lemma canon_bound x xs : canon (x :: xs) -> 10 ^ Z.of_nat (length xs) <= be (x :: xs).
Proof.
  intros H. cbn [be]. pose proof (be_bound xs). pose proof (pow_pos (length xs)).
  assert (1 <= val x) by (destruct x; cbn in *; try tauto; lia). nia.
Qed.

Lemma canon_zero xs : canon xs -> be xs = 0 -> xs = [].
Proof.
  destruct xs as [|x xs]; [auto|]. intros H E. apply canon_bound in H.
  pose proof (pow_pos (length xs)). lia.
Qed.

(** A number of at most so many digits, by its value. *)
Lemma canon_length xs k : canon xs -> be xs < 10 ^ Z.of_nat k -> (length xs <= k)%nat.
Proof.
  destruct xs as [|x xs]; cbn [length]; [lia|]. intros H E. apply canon_bound in H.
  assert (10 ^ Z.of_nat (length xs) < 10 ^ Z.of_nat k) as P by lia.
  apply Z.pow_lt_mono_r_iff in P; lia.
Qed.

Lemma canon_of_bound x xs : 10 ^ Z.of_nat (length xs) <= be (x :: xs) -> canon (x :: xs).
Proof.
  cbn [be]. pose proof (be_bound xs). intros E. destruct x; cbn in *; auto. lia.
Qed.

Lemma be_inj xs : forall ys, length xs = length ys -> be xs = be ys -> xs = ys.
Proof.
  induction xs as [|x xs IH]; intros [|y ys]; cbn [length be]; try discriminate; [auto|].
  intros [= L] E. rewrite L in E. pose proof (be_bound xs) as Hx. pose proof (be_bound ys) as Hy.
  rewrite L in Hx. assert (val x = val y) by (pose proof (pow_pos (length ys)); nia).
  f_equal; [now apply val_inj|]. apply IH; nia.
Qed.

Lemma canon_unique xs ys : canon xs -> canon ys -> be xs = be ys -> xs = ys.
Proof.
  intros Hx Hy E. apply be_inj; [|assumption].
  pose proof (be_bound xs). pose proof (be_bound ys).
  assert (length xs <= length ys)%nat by (apply canon_length; [assumption|lia]).
  assert (length ys <= length xs)%nat by (apply canon_length; [assumption|lia]). lia.
Qed.

(** The digits of the absolute value of an integer, the first digit first; none for zero. *)
Fixpoint digits_le (fuel : nat) (z : Z) : list digit :=
  match fuel with
  | O => []
  | S fuel => if z =? 0 then [] else dig (z mod 10) :: digits_le fuel (z / 10)
  end.

Definition digits (z : Z) : list digit :=
  rev (digits_le (Z.to_nat (Z.log2 (Z.abs z)) + 1) (Z.abs z)).

Lemma digits_le_spec fuel : forall z, 0 <= z < 2 ^ Z.of_nat fuel ->
  le (digits_le fuel z) = z /\ canon (rev (digits_le fuel z)).
Proof.
  induction fuel as [|fuel IH]; intros z H; cbn [digits_le].
  - cbn in *. split; [lia|exact I].
  - destruct (Z.eqb_spec z 0) as [->|N]; [split; [reflexivity|exact I]|].
    rewrite Nat2Z.inj_succ, Z.pow_succ_r in H by lia.
    pose proof (Z.div_mod z 10 ltac:(lia)). pose proof (Z.mod_pos_bound z 10 ltac:(lia)).
    assert (0 <= z / 10) by (apply Z.div_pos; lia).
    destruct (IH (z / 10)) as [V C]; [lia|]. cbn [le rev]. rewrite val_mod, V. split; [lia|].
    destruct (rev (digits_le fuel (z / 10))) as [|d ds] eqn:E; cbn [app].
    + assert (z / 10 = 0).
      { rewrite <- V, <- be_rev, E. reflexivity. }
      assert (val (dig (z mod 10)) <> 0) as K by (rewrite val_mod; lia).
      cbn [canon]. destruct (dig (z mod 10)); auto.
    + destruct d; cbn in *; auto.
Qed.

Lemma digits_spec z : be (digits z) = Z.abs z /\ canon (digits z).
Proof.
  unfold digits. rewrite be_rev. apply digits_le_spec.
  destruct (Z.eqb_spec z 0) as [->|N]; [cbn; lia|].
  pose proof (Z.log2_spec (Z.abs z) ltac:(lia)). pose proof (Z.log2_nonneg (Z.abs z)).
  replace (Z.of_nat _) with (Z.succ (Z.log2 (Z.abs z))) by lia. lia.
Qed.

Lemma digits_of zs z : canon zs -> be zs = Z.abs z -> zs = digits z.
Proof. intros C E. destruct (digits_spec z). apply canon_unique; congruence. Qed.

Lemma digits_length z k : Z.abs z < 10 ^ Z.of_nat k -> (length (digits z) <= k)%nat.
Proof. destruct (digits_spec z). intros. apply canon_length; [assumption|lia]. Qed.

Lemma digits_bound z : Z.abs z < 10 ^ Z.of_nat (length (digits z)).
Proof. destruct (digits_spec z) as [<- _]. apply be_bound. Qed.

(** * Tapes that occur

    [stk L r]: the tape [first] or [second], written from position 0 on, the head on the last
    symbol of [L], or to the left of position 0 if [L] is empty. [L] starts at the head and goes
    to the left, [r] is to the right of the head. *)
Definition stk (L r : list sym) : tape := T (tl L) (hd B L) r (Z.of_nat (length L) - 1).

(** [alw L r]: the tape [answer], on which numbers end at position 0. *)
Definition alw (L r : list sym) : tape := T (tl L) (hd B L) r (- Z.of_nat (length r)).

(** The same with the head to the right of the number. *)
Definition aend (L : list sym) : tape := T L B [] 1.

(** A number on [answer], the head to the left of it. *)
Definition ans (zs : list digit) : tape := alw [] (map Dig zs).

(** [second] when it is clean. *)
Definition clean : tape := stk [B] [].

Ltac tape := unfold perform, stk, alw, aend, go, stay, left, right, put, put_left, put_right, write;
  cbn [fst snd lft cur rgt pos tl hd length push]; f_equal; try lia.

Lemma perform_stay t : perform stay t = t.
Proof. reflexivity. Qed.

Lemma stk_left x L r : perform left (stk (x :: L) r) = stk L (push x r).
Proof. tape. Qed.

Lemma stk_put_left x y L r : perform (put_left x) (stk (y :: L) r) = stk L (push x r).
Proof. tape. Qed.

Lemma stk_put x y L r : perform (put x) (stk (y :: L) r) = stk (x :: L) r.
Proof. tape. Qed.

Lemma stk_right x L r : x <> B ->
  perform right (stk (x :: L) r) = stk (hd B r :: x :: L) (tl r).
Proof. intros N. tape. destruct x, L; cbn; congruence. Qed.

Lemma stk_put_right x y L r : x <> B ->
  perform (put_right x) (stk (y :: L) r) = stk (hd B r :: x :: L) (tl r).
Proof. intros N. tape. destruct x, L; cbn; congruence. Qed.

Lemma stk_right_nil r : perform right (stk [] r) = stk [hd B r] (tl r).
Proof. tape. Qed.

Lemma alw_put x L r : perform (put x) (alw L r) = alw (x :: tl L) r.
Proof. tape. Qed.

Lemma alw_left d L r : perform left (alw (Dig d :: L) r) = alw L (Dig d :: r).
Proof. tape. Qed.

Lemma alw_put_left d L r : perform (put_left (Dig d)) (alw L r) = alw (tl L) (Dig d :: r).
Proof. tape. Qed.

Lemma alw_right L x r : perform right (alw L (x :: r)) = alw (x :: push (hd B L) (tl L)) r.
Proof. tape. Qed.

Lemma alw_right_end L : perform right (alw L []) = aend (push (hd B L) (tl L)).
Proof. tape. Qed.

Lemma alw_wipe_right L x r : perform (put_right B) (alw L (x :: r)) = alw (x :: push B (tl L)) r.
Proof. tape. Qed.

Lemma alw_wipe_right_end L : perform (put_right B) (alw L []) = aend (push B (tl L)).
Proof. tape. Qed.

Lemma aend_left L : perform left (aend L) = alw L [].
Proof. tape. Qed.

Lemma cur_stk x L r : cur (stk (x :: L) r) = x.
Proof. reflexivity. Qed.

Lemma cur_alw x L r : cur (alw (x :: L) r) = x.
Proof. reflexivity. Qed.

(** A number on [answer], the head on its first digit. *)
Definition onf (zs : list digit) : tape :=
  match zs with [] => aend [] | z :: zs => alw [Dig z] (map Dig zs) end.

Lemma alw_right_onf zs : perform right (alw [] (map Dig zs)) = onf zs.
Proof. destruct zs; [reflexivity|]. cbn [map onf]. now rewrite alw_right. Qed.

Lemma wipe_onf d zs : perform (put_right B) (alw [Dig d] (map Dig zs)) = onf zs.
Proof. destruct zs; [reflexivity|]. cbn [map onf]. now rewrite alw_wipe_right. Qed.

Lemma pos_onf zs : pos (onf zs) = 1 - Z.of_nat (length zs).
Proof. destruct zs; unfold onf, aend, alw; cbn [pos length]; rewrite ?map_length; lia. Qed.

(** * Runs *)

(** The positions that heads may take if the expression has [N] symbols. *)
Definition within (N : nat) (p : Z) : Prop := - (Z.of_nat N + 2) <= p <= Z.of_nat N + 1.

Definition inside (N : nat) (c : cfg) : Prop :=
  within N (pos (ti c)) /\ within N (pos (tf c)) /\ within N (pos (ts c)) /\ within N (pos (ta c)).

(** [R N k c P]: from [c] the machine comes to a configuration with [P] in at most [k] steps, all
    heads within bounds after each step. *)
Inductive R (N : nat) : nat -> cfg -> (cfg -> Prop) -> Prop :=
| R_done k c (P : cfg -> Prop) : P c -> R N k c P
| R_step k c c' P : step delta c = Some c' -> inside N c' -> R N k c' P -> R N (S k) c P.

Lemma R_le N k c P : R N k c P -> forall k', (k <= k')%nat -> R N k' c P.
Proof.
  induction 1 as [k c P H|k c c' P H I _ IH]; intros k' L; [now apply R_done|].
  destruct k' as [|k']; [lia|]. eapply R_step; eauto. apply IH. lia.
Qed.

Lemma R_weaken N k c P : R N k c P -> forall Q : cfg -> Prop, (forall c', P c' -> Q c') -> R N k c Q.
Proof. induction 1; intros Q W; [apply R_done; auto|eapply R_step; eauto]. Qed.

Lemma R_bind N a c P : R N a c P -> forall b k Q,
  (forall c', P c' -> R N b c' Q) -> (a + b <= k)%nat -> R N k c Q.
Proof.
  induction 1 as [a c P H|a c c' P H I _ IH]; intros b k Q W L.
  - apply (R_le N b); [auto|lia].
  - destruct k as [|k]; [lia|]. eapply R_step; eauto. eapply IH; eauto. lia.
Qed.

#[export] Hint Rewrite cur_stk cur_alw alw_right_onf wipe_onf perform_stay stk_left stk_put_left stk_put stk_right_nil alw_put alw_left
  alw_put_left alw_right alw_right_end alw_wipe_right alw_wipe_right_end aend_left : tapes.
#[export] Hint Rewrite stk_right stk_put_right using (discriminate) : tapes.

(** * Values *)

Definition sgn (z : Z) : option sign := if z =? 0 then None else Some (if z <? 0 then Neg else Pos).
Definition sz (s : sign) : Z := match s with Pos => 1 | Neg => -1 end.

(** The input tape: [g] was read and may have been overwritten, [rest] starts at the head. *)
Definition inp (g rest : list sym) (p : Z) : tape := T g (hd B rest) (tl rest) p.

(** A value is complete: it is on [answer], and the heads on [input] and [first] stand on the next
    symbol and on the last symbol of what is pending. *)
Definition Res (x : Z) (rest : list sym) (p : Z) (F : list sym) (y : tape) (used : bool) (c : cfg) :=
  exists g r, c = Cfg (Result (sgn x) used) (inp g rest p) (stk F r) y (ans (digits x)).

Lemma Res_intro x zs v g r rest p F y used :
  canon zs -> be zs = Z.abs x -> v = sgn x ->
  Res x rest p F y used (Cfg (Result v used) (inp g rest p) (stk F r) y (ans zs)).
Proof. intros C V ->. exists g, r. rewrite (digits_of zs x); auto. Qed.

Lemma step_by c a :
  delta (st c) (cur (ti c)) (cur (tf c)) (cur (ts c)) (cur (ta c)) = Some a ->
  step delta c = Some (apply a c).
Proof. intros H. unfold step. now rewrite H. Qed.

Lemma T_right g c rest p : perform right (T g c rest p) = inp (push c g) rest (p + 1).
Proof. reflexivity. Qed.

Lemma inp_right x g rest p : perform right (inp g (x :: rest) p) = inp (push x g) rest (p + 1).
Proof. reflexivity. Qed.

Lemma T_put x g c rest p : perform (put x) (T g c rest p) = T g x rest p.
Proof. reflexivity. Qed.

#[export] Hint Rewrite T_right inp_right T_put : tapes.
