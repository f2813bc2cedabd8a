(** Multiplication. *)
From Longhand Require Export Sums.

(** What can be below a number on [first]: nothing, a bracket, or a sum's operator. *)
Notation under F :=
  (match F with [] | Open :: _ | Close :: _ | Plus :: _ | Minus :: _ => true | _ => false end = true)
  (only parsing).

Ltac one_by H := eapply R_step; [apply step_by; apply H | tapes; sizes | tapes].

Lemma delta_multiply c x y i z : val c <= val y ->
  delta (Multiply c) i (Dig x) (Dig y) z =
    (Product (val x * val y + val c) ! stay, stay, stay, stay).
Proof. intros H. cbn [delta bad_before orb]. destruct (Z.ltb_spec (val y) (val c)); [lia|reflexivity]. Qed.

Lemma delta_product k i f y z : 0 <= k <= 90 -> is_number z = true ->
  delta (Product k) i f y z =
    (Multiply (dig ((k + value z) / 10)) ! stay, left, stay, put_left (D ((k + value z) mod 10))).
Proof.
  intros H E. cbn [delta]. rewrite E.
  destruct (Z.leb_spec 0 k); [|lia]. destruct (Z.leb_spec k 90); [reflexivity|lia].
Qed.

Lemma row_loop N i y ys F : forall xs c al lower r,
  within N (pos i) -> val c <= val y -> (length al <= length xs)%nat ->
  (length xs + length F <= N + 2)%nat -> (S (length ys) <= N + 2)%nat ->
  (length xs + length lower <= N + 2)%nat ->
  R N (2 * length xs)
    (Cfg (Multiply c) i (stk (map Dig xs ++ F) r) (stk (Dig y :: map Dig ys) [])
      (alw (map Dig al) (map Dig lower)))
    (fun c' => exists ds cc, c' = Cfg (Multiply cc) i (stk F (map Dig (rev xs) ++ r))
        (stk (Dig y :: map Dig ys) []) (alw [] (map Dig (rev ds ++ lower))) /\
      length ds = length xs /\ val cc <= val y /\
      le ds + 10 ^ Z.of_nat (length xs) * val cc = val y * le xs + le al + val c).
Proof.
  induction xs as [|x xs IH]; intros c al lower r Hi Hc Ha Hf Hy Hl.
  - destruct al; [|cbn in Ha; lia]. apply R_done. exists [], c. cbn [map app rev le length].
    change (10 ^ Z.of_nat 0) with 1. repeat split; auto. lia.
  - replace (2 * length (x :: xs))%nat with (S (S (2 * length xs))) by (cbn [length]; lia).
    pose proof (val_range x). pose proof (val_range y). pose proof (val_range c).
    cbn [map app]. one_by (delta_multiply c x y (cur i)). { exact Hc. }
    assert (K : 0 <= val x * val y + val c <= 90) by nia.
    assert (exists a al', al = a :: al' \/ al = [] /\ a = d0 /\ al' = []) as (a & al' & Ea).
    { destruct al as [|a al']; [exists d0, []|exists a, al']; auto. }
    set (k := val x * val y + val c) in *.
    assert (val a <= 9 /\ 0 <= val a) as Va by (pose proof (val_range a); lia).
    pose proof (Z.div_mod (k + val a) 10 ltac:(lia)) as Q.
    pose proof (Z.mod_pos_bound (k + val a) 10 ltac:(lia)) as M.
    assert (Vd : val (dig ((k + val a) / 10)) = (k + val a) / 10) by (apply val_dig; lia).
    assert (Hcar : val (dig ((k + val a) / 10)) <= val y) by (rewrite Vd; nia).
    assert (step2 : R N (S (2 * length xs))
      (Cfg (Product k) i (stk (Dig x :: map Dig xs ++ F) r) (stk (Dig y :: map Dig ys) [])
        (alw (map Dig al) (map Dig lower)))
      (fun c' => exists ds cc, c' = Cfg (Multiply cc) i (stk F (map Dig (rev xs) ++ Dig x :: r))
          (stk (Dig y :: map Dig ys) [])
          (alw [] (map Dig (rev ds ++ dig ((k + val a) mod 10) :: lower))) /\
        length ds = length xs /\ val cc <= val y /\
        le ds + 10 ^ Z.of_nat (length xs) * val cc
          = val y * le xs + le al' + val (dig ((k + val a) / 10)))).
    { destruct Ea as [->|(-> & -> & ->)].
      - cbn [map]. one_by (delta_product k (cur i) (Dig x) (Dig y) (Dig a)); [exact K|reflexivity|].
        apply (IH _ _ (dig ((k + val a) mod 10) :: lower)); auto; cbn [length] in *; lia.
      - cbn [map]. one_by (delta_product k (cur i) (Dig x) (Dig y) B); [exact K|reflexivity|].
        apply (IH _ [] (dig ((k + 0) mod 10) :: lower)); auto; cbn [length] in *; lia. }
    eapply R_weaken; [exact step2|].
    intros c' (ds & cc & -> & L & Hcc & V).
    exists (dig ((k + val a) mod 10) :: ds), cc. cbn [rev le length].
    rewrite !map_app, <- !app_assoc. cbn [map app]. repeat split; auto.
    rewrite pow_S, val_mod. rewrite Vd in V.
    assert (le al = val a + 10 * le al') as -> by (destruct Ea as [->|(-> & -> & ->)]; reflexivity).
    fold k. lia.
Qed.

Lemma delta_row_end w cc y i F r z : under F -> val cc <= val y -> w = (0 <? val cc) ->
  delta (Multiply cc) i (cur (stk F r)) (Dig y) z =
    (RowDone w ! stay, right, put_left B, if w then put (Dig cc) else stay).
Proof.
  intros HF H ->. destruct F as [|[|?d| | | | | |] F]; try discriminate HF;
    cbn [delta cur stk hd bad_before orb]; (destruct (Z.ltb_spec (val y) (val cc)); [lia|]);
    now destruct (0 <? val cc).
Qed.

Lemma first_right F x r : under F -> perform right (stk F (Dig x :: r)) = stk (Dig x :: F) r.
Proof.
  intros HF. destruct F as [|[|?d| | | | | |] F]; try discriminate HF; [reflexivity|..];
    rewrite stk_right by discriminate; reflexivity.
Qed.

Lemma next_row N i y g lo : forall bs es L a AL el rest,
  length bs = length es -> rev (a :: es) = el :: rest ->
  within N (pos i) -> within N (pos y) ->
  (S (length L + length bs) <= N + 2)%nat -> (length es + length lo + 1 <= N + 2)%nat ->
  R N (length bs + 1)
    (Cfg NextRow i (stk (hd B (map Dig bs ++ Star :: g) :: L) (tl (map Dig bs ++ Star :: g))) y
      (alw (Dig a :: map Dig AL) (map Dig (es ++ lo))))
    (fun c => c = Cfg (Multiply d0) i (stk (map Dig (rev bs) ++ L) (Star :: g)) y
                   (alw (map Dig (rest ++ AL)) (map Dig (el :: lo)))).
Proof.
  induction bs as [|b bs IH]; intros es L a AL el rest E Er Hi Hy Hf Ha.
  - destruct es; [|discriminate]. cbn in Er. injection Er as <- <-.
    cbn [map app hd tl length]. one. apply R_done. reflexivity.
  - destruct es as [|e es]; [discriminate|]. cbn [map app hd tl length Nat.add] in *.
    injection E as E. cbn [rev] in Er. fold (rev (e :: es)) in Er.
    assert (exists rest', rev (e :: es) = el :: rest' /\ rest = rest' ++ [a]) as (rest' & Er' & ->).
    { change (rev es ++ [e]) with (rev (e :: es)) in Er.
      destruct (rev (e :: es)) as [|e' rest'] eqn:Q.
      - apply (f_equal (@length digit)) in Q. rewrite rev_length in Q. discriminate.
      - injection Er as -> <-. eauto. }
    one. eapply R_weaken; [apply (IH es (Dig b :: L) e (a :: AL) el rest'); auto; cbn [length]; lia|].
    intros c ->. cbn [rev]. rewrite !map_app, <- !app_assoc. reflexivity.
Qed.

(** One row, up to the question whether there is another one. *)
Lemma row N i y ys F g xs al lower : under F -> xs <> [] -> within N (pos i) ->
  (length al <= length xs)%nat -> (length xs + length F <= N + 2)%nat ->
  (S (length ys) <= N + 2)%nat -> (length xs + length lower <= N + 2)%nat ->
  R N (2 * length xs + 1)
    (Cfg (Multiply d0) i (stk (map Dig xs ++ F) (Star :: g)) (stk (map Dig (y :: ys)) [])
      (alw (map Dig al) (map Dig lower)))
    (fun c => exists x1 bs a es cc (w : bool),
      c = Cfg (RowDone w) i (stk (Dig x1 :: F) (map Dig bs ++ Star :: g)) (stk (map Dig ys) [])
            (alw (map Dig (if w then [cc] else [])) (map Dig (a :: es ++ lower))) /\
      rev xs = x1 :: bs /\ length es = length bs /\ w = (0 <? val cc) /\
      be (a :: es) + 10 ^ Z.of_nat (length xs) * val cc = val y * le xs + le al).
Proof.
  intros HF Hx Hi Ha Hf Hy Hl.
  assert (Hc : val d0 <= val y) by (pose proof (val_range y); cbn [val]; lia).
  eapply R_bind;
    [apply (row_loop N i y ys F xs d0 al lower (Star :: g)); auto| |apply Nat.le_refl].
  intros c (ds & cc & -> & Ld & Hcc & V). cbn [val] in V.
  destruct (rev xs) as [|x1 bs] eqn:Erx.
  { exfalso. apply Hx. apply (f_equal (@rev digit)) in Erx. now rewrite rev_involutive in Erx. }
  assert (Lb : length xs = S (length bs)) by (rewrite <- rev_length, Erx; reflexivity).
  destruct (rev ds) as [|a es] eqn:Erd.
  { exfalso. apply (f_equal (@length digit)) in Erd. rewrite rev_length in Erd. cbn in Erd. lia. }
  assert (Le : length ds = S (length es)) by (rewrite <- rev_length, Erd; reflexivity).
  set (w := 0 <? val cc).
  eapply R_step; [apply step_by; apply (delta_row_end w); auto| |].
  - unfold apply; cbn [next ai af as_ aa ti tf ts ta st map app].
    rewrite first_right by assumption. destruct w; tapes; sizes.
  - unfold apply; cbn [next ai af as_ aa ti tf ts ta st map app].
    rewrite first_right by assumption. apply R_done. exists x1, bs, a, es, cc, w.
    split; [destruct w; tapes; reflexivity|]. repeat split; auto; [lia|].
    rewrite <- Erd, be_rev. lia.
Qed.

Lemma rows N s gi inr p g F xs : under F -> xs <> [] -> within N p -> within N (p + 1) ->
  forall ys y al lower,
  (length al <= length xs)%nat -> (length xs + length F <= N + 1)%nat ->
  (S (length ys) <= N + 2)%nat -> (length xs + length ys + length lower + 1 <= N + 2)%nat ->
  R N ((3 * length xs + 2) * S (length ys))
    (Cfg (Multiply d0) (T gi (sign_sym s) inr p) (stk (map Dig xs ++ F) (Star :: g))
      (stk (map Dig (y :: ys)) []) (alw (map Dig al) (map Dig lower)))
    (fun c => exists g' zs,
      c = Cfg (Result (Some s) false) (inp (sign_sym s :: gi) inr (p + 1)) (stk F g') clean (ans zs) /\
      be zs = be lower + 10 ^ Z.of_nat (length lower) * (le al + le xs * le (y :: ys)) /\
      (canon zs \/ length zs = (length xs + length ys + length lower)%nat) /\
      (length zs <= length xs + length ys + length lower + 1)%nat).
Proof.
  intros HF Hx Hp Hp'. induction ys as [|y' ys IH]; intros y al lower Ha Hf Hy Hl.
  - cbn [length] in *. eapply R_bind with (b := 1%nat);
      [apply (row N _ y [] F g xs al lower); cbn [pos length]; auto; lia| |lia].
    intros c (x1 & bs & a & es & cc & w & -> & Erx & Le & Ew & V).
    assert (Lb : length xs = S (length bs)) by (rewrite <- rev_length, Erx; reflexivity).
    assert (step2 : R N 1 (Cfg (RowDone w) (T gi (sign_sym s) inr p)
        (stk (Dig x1 :: F) (map Dig bs ++ Star :: g)) (stk (map Dig []) [])
            (alw (map Dig (if w then [cc] else [])) (map Dig (a :: es ++ lower))))
      (fun c => exists g', c = Cfg (Result (Some s) false) (inp (sign_sym s :: gi) inr (p + 1))
         (stk F g') clean (ans ((if w then [cc] else []) ++ a :: es ++ lower)))).
    { destruct w, s; (one; apply R_done; eexists; reflexivity). }
    eapply R_weaken; [exact step2|]. clear step2.
    intros c (g' & ->). eexists; eexists. split; [reflexivity|].
    assert (Ll : length (a :: es) = length xs) by (cbn [length]; lia).
    change (a :: es ++ lower) with ((a :: es) ++ lower).
    rewrite be_app, (be_app (a :: es) lower).
    assert (Hpow : 10 ^ Z.of_nat (length ((a :: es) ++ lower))
      = 10 ^ Z.of_nat (length xs) * 10 ^ Z.of_nat (length lower)).
    { rewrite app_length, Ll, Nat2Z.inj_add, Z.pow_add_r; lia. }
    rewrite Hpow. set (b := be (a :: es)) in *. cbn [le]. pose proof (val_range cc).
    destruct w.
    + cbn [be length app]. change (10 ^ Z.of_nat 0) with 1.
      split; [nia|split; [left|rewrite app_length; cbn [length] in *; lia]].
      cbn [canon]. destruct cc; auto; discriminate Ew.
    + assert (val cc = 0) as Z0 by (destruct (Z.ltb_spec 0 (val cc)); [discriminate|lia]).
      cbn [be length app]. rewrite Z0 in V.
      split; [nia|split; [right|]]; rewrite app_length; cbn [length] in *; lia.
  - set (L := length (y' :: ys)) in *. assert (HL : L = S (length ys)) by reflexivity.
    eapply R_bind with (b := (length xs + 1 + (3 * length xs + 2) * S (length ys))%nat);
      [apply (row N _ y (y' :: ys) F g xs al lower); cbn [pos]; auto; fold L; lia| |rewrite HL; lia].
    intros c (x1 & bs & a & es & cc & w & -> & Erx & Le & Ew & V).
    assert (Lb : length xs = S (length bs)) by (rewrite <- rev_length, Erx; reflexivity).
    assert (Ex : xs = rev bs ++ [x1]).
    { rewrite <- (rev_involutive xs), Erx. reflexivity. }
    destruct (rev (a :: es)) as [|el rest] eqn:Er.
    { exfalso. apply (f_equal (@length digit)) in Er. rewrite rev_length in Er. discriminate. }
    assert (Lr : length rest = length bs).
    { apply (f_equal (@length digit)) in Er. rewrite rev_length in Er. cbn [length] in Er. lia. }
    assert (step2 : R N (length bs + 2) (Cfg (RowDone w) (T gi (sign_sym s) inr p)
        (stk (Dig x1 :: F) (map Dig bs ++ Star :: g)) (stk (map Dig (y' :: ys)) [])
            (alw (map Dig (if w then [cc] else [])) (map Dig (a :: es ++ lower))))
      (fun c => c = Cfg (Multiply d0) (T gi (sign_sym s) inr p)
         (stk (map Dig xs ++ F) (Star :: g)) (stk (map Dig (y' :: ys)) [])
         (alw (map Dig (rest ++ (if w then [cc] else []))) (map Dig (el :: lower))))).
    { replace (length bs + 2)%nat with (S (length bs + 1)) by lia.
      assert (nr : R N (length bs + 1) (Cfg NextRow (T gi (sign_sym s) inr p)
         (stk (hd B (map Dig bs ++ Star :: g) :: Dig x1 :: F) (tl (map Dig bs ++ Star :: g)))
         (stk (map Dig (y' :: ys)) [])
         (alw (Dig a :: map Dig (if w then [cc] else [])) (map Dig (es ++ lower))))
         (fun c => c = Cfg (Multiply d0) (T gi (sign_sym s) inr p)
         (stk (map Dig xs ++ F) (Star :: g)) (stk (map Dig (y' :: ys)) [])
         (alw (map Dig (rest ++ (if w then [cc] else []))) (map Dig (el :: lower))))).
      { eapply R_weaken; [apply (next_row N _ _ g lower bs es (Dig x1 :: F) a _ el rest); auto;
          cbn [length pos] in *; try lia; sizes|].
        intros c ->. rewrite Ex at 1. rewrite (map_app Dig (rev bs) [x1]), <- app_assoc. reflexivity. }
      destruct w, s; (one; exact nr). }
    eapply R_bind with (b := ((3 * length xs + 2) * S (length ys))%nat); [exact step2| |lia].
    intros c ->. eapply R_weaken; [apply (IH y' (rest ++ (if w then [cc] else [])) (el :: lower));
      rewrite ?app_length; destruct w; cbn [length] in *; lia|].
    intros c (g' & zs & -> & Vz & Cz & Lz). exists g', zs. split; [reflexivity|].
    cbn [length] in *. split; [|split; [destruct Cz; [left|right]; auto; lia|lia]].
    rewrite Vz. cbn [be le length]. rewrite pow_S, le_app, Lr.
    assert (Vd : be (a :: es) = val el + 10 * le rest).
    { rewrite <- le_rev, Er. reflexivity. }
    assert (Hpow : 10 ^ Z.of_nat (length xs) = 10 * 10 ^ Z.of_nat (length bs)).
    { rewrite Lb, pow_S. reflexivity. }
    rewrite Vd, Hpow in V. cbn [le] in V.
    assert (Vcc : le (if w then [cc] else []) = val cc).
    { pose proof (val_range cc). destruct w; cbn [le]; [lia|].
      destruct (Z.ltb_spec 0 (val cc)); [discriminate|lia]. }
    rewrite Vcc. nia.
Qed.

Lemma wipe_loop N v i f a : forall ys,
  within N (pos i) -> within N (pos f) -> within N (pos a) -> (length ys <= N + 2)%nat ->
  R N (length ys + 1) (Cfg (Wipe v) i f (stk (map Dig ys) []) a)
    (fun c => c = Cfg (Result v false) i f clean a).
Proof.
  induction ys as [|y ys IH]; intros Hi Hf Ha Hy; cbn [length Nat.add map].
  - one. apply R_done. reflexivity.
  - one. apply IH; auto. cbn [length] in *. lia.
Qed.

(** The text that is still to be read; it has no blanks. *)
Definition proper (rest : list sym) : Prop := push (hd B rest) (tl rest) = rest.

Lemma inp_left g rest p : proper rest ->
  perform left (inp g rest p) = T (tl g) (hd B g) rest (p - 1).
Proof. intros H. unfold inp, perform, left, go, write. cbn [fst snd lft cur rgt pos]. now rewrite H. Qed.

Lemma times_op N s g rest p F r X Y : under F -> proper rest ->
  within N p -> within N (p - 1) -> canon X -> canon Y -> Y <> [] ->
  (length X + length F <= N + 1)%nat -> (length Y <= N + 1)%nat ->
  (length X + length Y <= N + 2)%nat ->
  R N ((3 * length X + 2) * length Y + 2)
    (Cfg (Times s) (perform left (inp g rest p)) (stk (map Dig (rev X) ++ F) (Star :: r))
      (stk (B :: map Dig (rev Y)) []) (ans []))
    (Res (sz s * (be X * be Y)) rest p F clean false).
Proof.
  intros HF Hr Hp Hp' CX CY HY H1 H2 H3. rewrite inp_left by assumption.
  assert (Ep : p - 1 + 1 = p) by lia.
  assert (LY : (1 <= length Y)%nat) by (destruct Y; [congruence|cbn [length]; lia]).
  destruct X as [|x X].
  - cbn [rev map app be length].
    assert (Hw : forall i, within N (pos i) ->
      R N (length (rev Y) + 1) (Cfg (Wipe None) i (stk F (Star :: r)) (stk (map Dig (rev Y)) []) (ans []))
      (fun c => c = Cfg (Result None false) i (stk F (Star :: r)) clean (ans []))).
    { intros i Hi. apply wipe_loop; auto; rewrite ?rev_length; try sizes; lia. }
    assert (step1 : R N (S (length (rev Y) + 1))
      (Cfg (Times s) (T (tl g) (hd B g) rest (p - 1)) (stk F (Star :: r)) (stk (B :: map Dig (rev Y)) []) (ans []))
      (fun c => c = Cfg (Result None false) (inp (push (hd B g) (tl g)) rest (p - 1 + 1)) (stk F (Star :: r)) clean (ans []))).
    { destruct F as [|[|?d| | | | | |] F]; try discriminate HF;
        (one; apply Hw; sizes). }
    eapply R_le; [eapply R_weaken; [exact step1|]|rewrite rev_length; lia].
    intros c ->. rewrite Ep. apply Res_intro; [exact I|cbn [be]; destruct s; cbn [sz]; lia|].
    unfold sgn. destruct s; reflexivity.
  - assert (Lx : length (rev (x :: X)) = length (x :: X)) by apply rev_length.
    assert (Ly : length (rev Y) = length Y) by apply rev_length.
    destruct (rev Y) as [|y ys] eqn:EY; [cbn in Ly; lia|].
    assert (Nx : rev (x :: X) <> []).
    { intros Q. rewrite Q in Lx. discriminate. }
    pose proof (canon_bound x X CX) as Bx. pose proof (pow_pos (length X)).
    assert (By : 10 ^ Z.of_nat (length ys) <= be Y).
    { destruct Y as [|y0 Y]; [congruence|]. cbn [length] in Ly. injection Ly as Ly. rewrite Ly.
      now apply canon_bound. }
    pose proof (pow_pos (length ys)).
    assert (step1 : R N (S ((3 * length (rev (x :: X)) + 2) * S (length ys)))
      (Cfg (Times s) (T (tl g) (hd B g) rest (p - 1)) (stk (map Dig (rev (x :: X)) ++ F) (Star :: r))
        (stk (B :: map Dig (y :: ys)) []) (ans []))
      (fun c => exists g' zs,
        c = Cfg (Result (Some s) false) (inp (sign_sym s :: tl g) rest (p - 1 + 1)) (stk F g') clean (ans zs) /\
        be zs = le (rev (x :: X)) * le (y :: ys) /\
        (canon zs \/ length zs = (length (rev (x :: X)) + length ys)%nat))).
    { remember (rev (x :: X)) as xs. destruct xs as [|x1 xs]; [congruence|].
      cbn [length] in Lx, Ly. cbn [map app]. one.
      eapply R_weaken; [apply (rows N s (tl g) rest (p - 1) r F (x1 :: xs)) with (al := []) (lower := []);
        auto; cbn [length] in *; rewrite ?Ep; auto; try lia|].
      intros c (g' & zs & -> & V & C & _). exists g', zs. split; [reflexivity|].
      change (be []) with 0 in V. change (10 ^ Z.of_nat (length (@nil digit))) with 1 in V.
      change (le []) with 0 in V. cbn [length] in *. split; [rewrite V; ring|]. destruct C; [auto|right; lia]. }
    eapply R_le; [eapply R_weaken; [exact step1|]|cbn [length] in *; rewrite Lx; lia].
    intros c (g' & zs & -> & V & C). rewrite Ep. rewrite <- EY, !le_rev in V.
    set (bx := be (x :: X)) in *.
    assert (Hpos : 0 < bx * be Y) by nia.
    apply Res_intro; [|rewrite V; destruct s; cbn [sz]; lia|now apply sgn_of].
    destruct C as [C|C]; [assumption|]. rewrite Lx in C. cbn [length Nat.add] in C.
    destruct zs as [|z zs]; [exact I|]. apply canon_of_bound. rewrite V. cbn [length] in C.
    injection C as C. rewrite C, Nat2Z.inj_add, Z.pow_add_r by lia. nia.
Qed.
