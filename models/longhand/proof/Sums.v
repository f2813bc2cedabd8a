(** Moving numbers between tapes, addition and subtraction. *)
From Longhand Require Export Run.

(** Work out the tapes after a step. *)
Ltac tapes := unfold apply, D, ans, clean in *; cbn [next ai af as_ aa ti tf ts ta st map app];
  autorewrite with tapes; cbn [tl hd push app sign_sym].

(** Prove that heads are within bounds. *)
Ltac sizes :=
  unfold inside, within, ans, clean, stk, alw, aend, inp in |- *; cbn [ti tf ts ta pos];
  repeat match goal with
  | H : within _ _ |- _ => unfold within in H
  | H : (_ <= _)%nat |- _ =>
      progress (rewrite ?app_length, ?map_length, ?rev_length in H; cbn [length] in H)
  end;
  repeat (rewrite ?pos_onf, ?app_length, ?map_length, ?rev_length; cbn [length pos]);
  repeat match goal with |- _ /\ _ => split end; lia.

(** One step. *)
Ltac one := eapply R_step; [reflexivity | tapes; sizes | tapes].

(** The cases of a tape whose topmost symbol is a bracket, or that is empty. *)
Ltac by_top F H := destruct F as [|[|?d| | | | | |] F]; try discriminate H.

Notation opening F :=
  (match F with [] | Open :: _ | Close :: _ => true | _ => false end = true) (only parsing).

Lemma canon_tail x xs : canon (rev (x :: xs)) -> canon (rev xs).
Proof. cbn [rev]. destruct (rev xs) as [|[] ?]; cbn; auto. Qed.

Lemma canon_last x : canon (rev [x]) -> 0 < val x.
Proof. destruct x; cbn; intros; try lia. Qed.

Lemma map_rev_cons x xs zs : map Dig (rev (x :: xs) ++ zs) = map Dig (rev xs ++ x :: zs).
Proof. cbn [rev]. now rewrite <- app_assoc. Qed.

Lemma lift_first N s i y F : opening F -> forall xs r zs,
  within N (pos i) -> within N (pos y) ->
  (length xs + length F <= N + 2)%nat -> (length xs + length zs <= N + 2)%nat ->
  R N (length xs + 1) (Cfg (LiftFirst s) i (stk (map Dig xs ++ F) r) y (ans zs))
    (fun c => exists r', c = Cfg (Result (Some s) false) i (stk F r') y (ans (rev xs ++ zs))).
Proof.
  intros HF. induction xs as [|x xs IH]; intros r zs Hi Hy Hf Hz; cbn [length Nat.add map app].
  - by_top F HF; (one; apply R_done; eauto).
  - one. eapply R_weaken; [apply (IH _ (x :: zs)); sizes|].
    intros c [r' ->]. exists r'. unfold ans. now rewrite map_rev_cons.
Qed.

Lemma lift_second N s i f : forall xs zs,
  within N (pos i) -> within N (pos f) ->
  (length xs <= N + 2)%nat -> (length xs + length zs <= N + 2)%nat ->
  R N (length xs + 1) (Cfg (LiftSecond s) i f (stk (map Dig xs) []) (ans zs))
    (fun c => c = Cfg (Result (Some s) false) i f clean (ans (rev xs ++ zs))).
Proof.
  induction xs as [|x xs IH]; intros zs Hi Hf Hx Hz; cbn [length Nat.add map].
  - one. apply R_done. reflexivity.
  - one. eapply R_weaken; [apply (IH (x :: zs)); sizes|].
    intros c ->. unfold ans. now rewrite map_rev_cons.
Qed.

(** * Addition *)

Lemma carry t : 0 <= t < 20 -> t mod 10 + 10 * bz (10 <=? t) = t.
Proof.
  intros H. pose proof (Z.div_mod t 10 ltac:(lia)). pose proof (Z.mod_pos_bound t 10 ltac:(lia)).
  destruct (Z.leb_spec 10 t); cbn [bz]; lia.
Qed.

Lemma bz_range b : 0 <= bz b <= 1.
Proof. destruct b; cbn; lia. Qed.

(** One digit of a sum, then the induction hypothesis. What is left to prove: if the two numbers end
    here without a carry, the digit is not zero. *)
Ltac add_digit IH xs ys zs :=
  one; eapply R_le;
  [ eapply R_weaken;
    [ apply (IH xs ys _ _ (dig _ :: zs)); eauto using canon_tail; cbn [length] in *; try lia
    | intros ? (r' & zs' & -> & C & V); exists r', zs'; split; [reflexivity|]; split; [exact C|];
      rewrite V; cbn [be le length]; rewrite val_mod, pow_S; cbn [value]; nia ]
  | cbn [length]; lia ];
  let E1 := fresh in let E2 := fresh in
  intros E1 E2; cbn [value]; intros E; subst; rewrite E in *; cbn [bz] in *;
  match goal with |- canon (dig ?t :: _) => assert (val (dig t) <> 0);
    [ rewrite val_mod | destruct (dig t); cbn in *; auto ] end.

Lemma add_loop N s i F : opening F -> forall m xs ys c r zs,
  within N (pos i) -> (length xs + length ys < m)%nat ->
  canon (rev xs) -> canon (rev ys) -> (xs = [] -> ys = [] -> c = false -> canon zs) ->
  (length xs + length F <= N + 2)%nat -> (length ys <= N + 2)%nat ->
  (length zs + max (length xs) (length ys) + 1 <= N + 2)%nat ->
  R N (S (max (length xs) (length ys)))
    (Cfg (Add s c) i (stk (map Dig xs ++ F) r) (stk (map Dig ys) []) (ans zs))
    (fun c' => exists r' zs', c' = Cfg (Result (Some s) false) i (stk F r') clean (ans zs') /\
       canon zs' /\ be zs' = be zs + 10 ^ Z.of_nat (length zs) * (le xs + le ys + bz c)).
Proof.
  intros HF. induction m as [|m IH]; intros xs ys c r zs Hi Hm Cx Cy Cz Hf Hy Hz; [lia|].
  destruct xs as [|x xs], ys as [|y ys]; cbn [length map app] in *.
  - by_top F HF; destruct c; (one; apply R_done;
      first [exists r, (d1 :: zs); repeat split; cbn [be le bz val]; lia
            |exists r, zs; repeat split; auto; cbn [be le bz val]; lia]).
  - pose proof (val_range y). pose proof (bz_range c). pose proof (carry (val y + bz c) ltac:(lia)).
    by_top F HF; add_digit IH (@nil digit) ys zs.
    all: apply canon_last in Cy; lia.
  - pose proof (val_range x). pose proof (bz_range c). pose proof (carry (val x + bz c) ltac:(lia)).
    add_digit IH xs (@nil digit) zs. apply canon_last in Cx; lia.
  - pose proof (val_range x). pose proof (val_range y). pose proof (bz_range c).
    pose proof (carry (val x + val y + bz c) ltac:(lia)).
    add_digit IH xs ys zs. apply canon_last in Cx; lia.
Qed.

(** * Subtraction *)

Lemma strip_loop N s u i f y : forall zs,
  within N (pos i) -> within N (pos f) -> within N (pos y) -> (length zs <= N + 2)%nat ->
  R N (length zs + 1) (Cfg (Strip s u) i f y (onf zs))
    (fun c => exists zs', canon zs' /\ be zs' = be zs /\ (length zs' <= length zs)%nat /\
       c = Cfg (Result (match zs' with [] => None | _ => Some s end) u) i f y (ans zs')).
Proof.
  induction zs as [|z zs IH]; intros Hi Hf Hy Hz; cbn [length Nat.add onf].
  - one. apply R_done. exists []. repeat split; auto.
  - destruct z.
    1: { one. eapply R_weaken; [apply IH; sizes|].
         intros c (zs' & C & V & L & ->). exists zs'. cbn [be val]. repeat split; auto; lia. }
    all: one; apply R_done; eexists (_ :: zs); repeat split; auto; exact I.
Qed.

Lemma borrow t : -10 <= t < 10 -> t = t mod 10 - 10 * bz (t <? 0).
Proof.
  intros H. pose proof (Z.div_mod t 10 ltac:(lia)). pose proof (Z.mod_pos_bound t 10 ltac:(lia)).
  destruct (Z.ltb_spec t 0); cbn [bz]; lia.
Qed.

Ltac take_digit IH xs ys zs :=
  one; eapply R_le;
  [ eapply R_weaken;
    [ apply (IH xs ys _ _ (dig _ :: zs)); auto; cbn [length] in *; lia
    | intros ? (r' & zs' & b' & -> & L & V); exists r', zs', b'; split; [reflexivity|];
      cbn [length] in L; split; [cbn [length]; lia|];
      rewrite V; cbn [be le length]; rewrite val_mod, pow_S; cbn [value]; nia ]
  | cbn [length]; lia ].

Lemma subtract_loop N s i F : opening F -> forall m xs ys b r zs,
  within N (pos i) -> (length xs + length ys < m)%nat ->
  (length xs + length F <= N + 2)%nat -> (length ys <= N + 2)%nat ->
  (length zs + max (length xs) (length ys) + 1 <= N + 2)%nat ->
  R N (S (max (length xs) (length ys)))
    (Cfg (Subtract s b) i (stk (map Dig xs ++ F) r) (stk (map Dig ys) []) (ans zs))
    (fun c' => exists r' zs' (b' : bool),
       c' = Cfg (if b' then ToTheRight (flip s) else Strip s false) i (stk F r') clean (onf zs') /\
       length zs' = (length zs + max (length xs) (length ys))%nat /\
       be zs' = be zs + 10 ^ Z.of_nat (length zs) * (le xs - le ys - bz b)
                + bz b' * 10 ^ Z.of_nat (length zs')).
Proof.
  intros HF. induction m as [|m IH]; intros xs ys b r zs Hi Hm Hf Hy Hz; [lia|].
  destruct xs as [|x xs], ys as [|y ys]; cbn [length map app] in *.
  - by_top F HF; (one; apply R_done; exists r, zs, b; repeat split;
      [lia|cbn [be le]; destruct b; cbn [bz]; lia]).
  - pose proof (val_range y). pose proof (bz_range b). pose proof (borrow (- val y - bz b) ltac:(lia)).
    by_top F HF; take_digit IH (@nil digit) ys zs.
  - pose proof (val_range x). pose proof (bz_range b). pose proof (borrow (val x - bz b) ltac:(lia)).
    take_digit IH xs (@nil digit) zs.
  - pose proof (val_range x). pose proof (val_range y). pose proof (bz_range b).
    pose proof (borrow (val x - val y - bz b) ltac:(lia)).
    take_digit IH xs ys zs.
Qed.

Lemma to_the_right_loop N s i f y : forall zs z acc,
  within N (pos i) -> within N (pos f) -> within N (pos y) -> (length zs <= N + 2)%nat ->
  R N (length zs + 2) (Cfg (ToTheRight s) i f y (alw (Dig z :: map Dig acc) (map Dig zs)))
    (fun c => c = Cfg (Complement s true) i f y (alw (map Dig (rev (z :: zs) ++ acc)) [])).
Proof.
  induction zs as [|z' zs IH]; intros z acc Hi Hf Hy Hz; cbn [length Nat.add map].
  - one. one. apply R_done. reflexivity.
  - one. eapply R_weaken; [apply (IH z' (z :: acc)); auto; sizes|].
    intros c ->. cbn [rev]. rewrite <- !app_assoc. reflexivity.
Qed.

Lemma complement_loop N s i f y : forall xs zs c,
  within N (pos i) -> within N (pos f) -> within N (pos y) ->
  (length xs + length zs <= N + 2)%nat -> (c = true -> 0 < le xs) ->
  R N (length xs + 1) (Cfg (Complement s c) i f y (alw (map Dig xs) (map Dig zs)))
    (fun c' => exists zs', c' = Cfg (Strip s false) i f y (onf zs') /\
       length zs' = (length xs + length zs)%nat /\
       be zs' = be zs + 10 ^ Z.of_nat (length zs) * (10 ^ Z.of_nat (length xs) - 1 - le xs + bz c)).
Proof.
  induction xs as [|x xs IH]; intros zs c Hi Hf Hy Hz Hc; cbn [length Nat.add map].
  - destruct c; [specialize (Hc eq_refl); cbn in Hc; lia|].
    one. apply R_done. exists zs. repeat split; auto. cbn [le bz length].
    change (10 ^ Z.of_nat 0) with 1. lia.
  - pose proof (val_range x). pose proof (bz_range c).
    pose proof (carry (9 - val x + bz c) ltac:(lia)).
    one. eapply R_weaken; [apply (IH (dig _ :: zs)); auto; [sizes|]|].
    + cbn [value]. intros E. rewrite E in *. cbn [bz] in *.
      pose proof (Z.mod_pos_bound (9 - val x + bz c) 10 ltac:(lia)).
      destruct c; cbn [bz] in *; [|lia]. specialize (Hc eq_refl). cbn [le] in Hc. lia.
    + intros c' (zs' & -> & L & V). exists zs'. split; [reflexivity|]. cbn [length] in *.
      split; [lia|]. rewrite V. cbn [be le value]. rewrite val_mod, !pow_S. nia.
Qed.

Lemma add_op N s g rest p F r X Y : opening F -> within N p ->
  canon X -> canon Y -> 0 < be Y ->
  (length X + length F <= N + 2)%nat -> (length Y <= N + 2)%nat ->
  (max (length X) (length Y) + 1 <= N + 2)%nat ->
  R N (S (max (length X) (length Y)))
    (Cfg (Add s false) (inp g rest p) (stk (map Dig (rev X) ++ F) r) (stk (map Dig (rev Y)) [])
      (ans []))
    (Res (sz s * (be X + be Y)) rest p F clean false).
Proof.
  intros HF Hp CX CY HY H1 H2 H3. pose proof (be_bound X).
  eapply R_le; [eapply R_weaken;
    [apply (add_loop N s _ F HF (S (length (rev X) + length (rev Y))) (rev X) (rev Y) false r [])|]|];
    rewrite ?rev_involutive, ?rev_length; auto; [intros; exact I|].
  intros c (r' & zs & -> & C & V). rewrite !le_rev in V. cbn [be length bz] in V.
  change (10 ^ Z.of_nat 0) with 1 in V.
  apply Res_intro; [assumption| |unfold sgn]; destruct s; cbn [sz]; try lia;
    destruct (Z.eqb_spec (1 * (be X + be Y)) 0); try lia;
    destruct (Z.eqb_spec (-1 * (be X + be Y)) 0); try lia.
  - destruct (Z.ltb_spec (1 * (be X + be Y)) 0); [lia|reflexivity].
  - destruct (Z.ltb_spec (-1 * (be X + be Y)) 0); [reflexivity|lia].
Qed.

Lemma sgn_of s z : 0 < z -> Some s = sgn (sz s * z).
Proof.
  intros H. unfold sgn. destruct s; cbn [sz].
  - destruct (Z.eqb_spec (1 * z) 0); [lia|]. destruct (Z.ltb_spec (1 * z) 0); [lia|reflexivity].
  - destruct (Z.eqb_spec (-1 * z) 0); [lia|]. destruct (Z.ltb_spec (-1 * z) 0); [reflexivity|lia].
Qed.

Lemma strip_op N x s u g rest p F r y zs :
  within N p -> within N (pos (stk F r)) -> within N (pos y) -> (length zs <= N + 2)%nat ->
  x = sz s * be zs ->
  R N (length zs + 1) (Cfg (Strip s u) (inp g rest p) (stk F r) y (onf zs)) (Res x rest p F y u).
Proof.
  intros Hp Hf Hy Hz E. eapply R_weaken; [now apply strip_loop|].
  intros c (zs' & C & V & L & ->). pose proof (be_bound zs'). apply Res_intro; [assumption|destruct s; cbn [sz] in *; lia|].
  destruct zs' as [|z zs'].
  - cbn in V. rewrite <- V in E. rewrite E. destruct s; reflexivity.
  - rewrite E, <- V. apply sgn_of. apply canon_bound in C. pose proof (pow_pos (length zs')). lia.
Qed.

Lemma sub_op N s g rest p F r X Y : opening F -> within N p ->
  (length X + length F <= N + 2)%nat -> (length Y <= N + 2)%nat ->
  (max (length X) (length Y) + 1 <= N + 2)%nat ->
  R N (4 * max (length X) (length Y) + 4)
    (Cfg (Subtract s false) (inp g rest p) (stk (map Dig (rev X) ++ F) r) (stk (map Dig (rev Y)) [])
      (ans []))
    (Res (sz s * (be X - be Y)) rest p F clean false).
Proof.
  intros HF Hp H1 H2 H3. pose proof (be_bound X). pose proof (be_bound Y).
  set (m := max (length X) (length Y)) in *.
  eapply R_bind with (b := (3 * m + 3)%nat);
    [apply (subtract_loop N s _ F HF (S (length (rev X) + length (rev Y))) (rev X) (rev Y) false r []);
     rewrite ?rev_length; auto|..|rewrite ?rev_length; lia].
  intros c (r' & zs & b & -> & L & V). rewrite !le_rev in V. rewrite !rev_length in L.
  cbn [be length bz Nat.add] in V, L. change (10 ^ Z.of_nat 0) with 1 in V. fold m in L.
  assert (Hl : (length F <= N + 2)%nat) by lia.
  destruct b; cbn [bz] in V.
  - pose proof (be_bound zs) as Bz.
    assert (10 ^ Z.of_nat (length Y) <= 10 ^ Z.of_nat (length zs)) by (apply Z.pow_le_mono_r; lia).
    destruct zs as [|z zs].
    { exfalso. cbn [length be] in V, L. assert (length X = 0 /\ length Y = 0)%nat as [LX LY] by lia.
      destruct X; [|discriminate LX]. destruct Y; [|discriminate LY].
      cbn [be] in V. change (10 ^ Z.of_nat 0) with 1 in V. lia. }
    change (onf (z :: zs)) with (alw (Dig z :: map Dig []) (map Dig zs)).
    eapply R_bind with (b := (2 * m + 2)%nat);
      [apply to_the_right_loop; auto; try sizes; cbn [length] in *; lia|..|cbn [length] in *; lia].
    intros c ->.
    assert (true = true -> 0 < le (rev (z :: zs) ++ [])) as Hc.
    { intros _. rewrite app_nil_r, le_rev. lia. }
    assert (length (rev (z :: zs) ++ []) + length (@nil digit) <= N + 2)%nat as Hn.
    { rewrite app_nil_r, rev_length. cbn [length] in *. lia. }
    assert (within N (pos (stk F r'))) by sizes. assert (within N (pos clean)) by sizes.
    eapply R_bind with (b := (m + 1)%nat);
      [apply (complement_loop N (flip s) _ _ _ (rev (z :: zs) ++ []) [] true); auto|..|].
    + intros c (zs' & -> & L' & V'). rewrite app_nil_r, rev_length, le_rev in *.
      change (be []) with 0 in V'. change (10 ^ Z.of_nat (length (@nil digit))) with 1 in V'.
      cbn [length bz] in *.
      eapply R_le; [apply strip_op; auto; try sizes; try lia|lia].
      destruct s; cbn [flip sz]; lia.
    + rewrite app_nil_r, rev_length. cbn [length] in *. lia.
  - eapply R_le; [apply strip_op; auto; try sizes; try lia|lia].
    all: destruct s; cbn [sz]; lia.
Qed.
