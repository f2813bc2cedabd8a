(** What the machine does with a complete value: let it wait, work with it, close a bracket, halt. *)
From Longhand Require Export Reading.

(** * The state [Result] *)

Definition goes (i f : sym) : bool :=
  match i with
  | B | Close => is_operator f
  | Plus | Minus | Star | Slash => negb (is_digit f)
  | _ => false
  end.

Ltac all_symbols i f := destruct i as [|[]| | | | | |], f as [|[]| | | | | |].

Lemma dr_used v i f : goes i f = true ->
  delta_result v true i f = (ToTheRightEnd v ! stay, stay, right, stay).
Proof. all_symbols i f; try discriminate; reflexivity. Qed.

Lemma dr_push v i f : goes i f = true -> waits f i = true ->
  delta_result v false i f = (Push v ! stay, right, stay, right).
Proof. all_symbols i f; try discriminate; reflexivity. Qed.

Lemma dr_bring s i f : goes i f = true -> waits f i = false ->
  delta_result (Some s) false i f = (Bring s ! stay, stay, stay, right).
Proof. all_symbols i f; try discriminate; reflexivity. Qed.

Lemma dr_star i : goes i Star = true ->
  delta_result None false i Star = (Drop ! stay, left, stay, stay).
Proof. destruct i as [|[]| | | | | |]; try discriminate; reflexivity. Qed.

Lemma dr_slash i : goes i Slash = true ->
  delta_result None false i Slash = (Halt ! stay, stay, stay, put Slash).
Proof. destruct i as [|[]| | | | | |]; try discriminate; reflexivity. Qed.

Lemma dr_sum i f : goes i f = true -> is_sign f = true -> waits f i = false ->
  delta_result None false i f = (Fetch (sign_of f) ! stay, left, stay, stay).
Proof. all_symbols i f; try discriminate; reflexivity. Qed.

Lemma goes_op rest K : next_ok rest = true -> ordered K = true -> at_start K = false ->
  goes (hd B rest) (hd B (rep K)) = true.
Proof.
  intros H O A. destruct (rep_op K O A) as (f & F & -> & Hf). cbn [hd].
  by_next rest H; destruct f; try discriminate Hf; reflexivity.
Qed.

Lemma goes_next y rest K : is_operator y = true -> goes (hd B (y :: rest)) (hd B (rep K)) = true.
Proof.
  intros H. destruct K as [|[a|b st|ng] K]; cbn [rep hd];
    [|destruct (sign_z a)|destruct st|destruct ng]; destruct y; try discriminate H; reflexivity.
Qed.

Lemma rep_right K r : perform right (stk (rep K) r) = stk (hd B r :: rep K) (tl r).
Proof.
  destruct K as [|[a|b st|ng] K]; cbn [rep];
    [reflexivity|destruct (sign_z a)|destruct st|destruct ng]; rewrite ?stk_right by discriminate;
    reflexivity.
Qed.

(** * Erasing a divisor that is left over *)

Lemma right_end_loop N v i f a : within N (pos i) -> within N (pos f) -> within N (pos a) ->
  forall Y2 Y1, (length Y1 + length Y2 <= N)%nat ->
  R N (length Y1 + 2 * length Y2 + 2) (Cfg (ToTheRightEnd v) i f
    (stk (hd B (map Dig Y2) :: map Dig Y1) (tl (map Dig Y2))) a)
    (fun c => c = Cfg (Result v false) i f clean a).
Proof.
  intros Hi Hf Ha. induction Y2 as [|y Y2 IH]; intros Y1 L; cbn [map hd tl length] in *.
  - eapply R_one; [reflexivity|tapes; sizes'|steps|tapes].
    eapply R_le; [apply wipe_loop; auto; lia|steps].
  - eapply R_one; [reflexivity|tapes|steps|tapes].
    + destruct Y2; cbn [map hd tl] in *; sizes'.
    + eapply R_le; [apply (IH (y :: Y1)); cbn [length]; lia|steps].
Qed.

Lemma clear N m x K rest c : (m <= N)%nat -> (length (rep K) + length (digits x) + length rest <= N)%nat ->
  goes (hd B rest) (hd B (rep K)) = true -> Ans N m x K rest c ->
  R N (2 * m + 3) c (Res x rest (at_ N rest) (rep K) clean false).
Proof.
  intros M L G (used & y & D & g & r & ->). destruct used; cbn [dirty] in D.
  - destruct D as (Y1 & Y2 & -> & LY).
    assert (loop : R N (2 * m + 2) (Cfg (ToTheRightEnd (sgn x)) (inp g rest (at_ N rest)) (stk (rep K) r)
       (stk (hd B (map Dig Y2) :: map Dig Y1) (tl (map Dig Y2))) (ans (digits x)))
       (Res x rest (at_ N rest) (rep K) clean false)).
    { eapply R_by; [apply right_end_loop; auto; sizes'| |steps]. intros c ->. exists g, r. reflexivity. }
    assert (Hr : perform right (stk (map Dig Y1) (map Dig Y2)) =
      stk (hd B (map Dig Y2) :: map Dig Y1) (tl (map Dig Y2))).
    { destruct Y1; [reflexivity|]. cbn [map]. now rewrite stk_right by discriminate. }
    eapply R_one; [apply step_by; apply dr_used; exact G| |steps|];
      unfold apply; cbn [next ai af as_ aa ti tf ts ta st]; rewrite Hr; tapes; [|eapply R_le; [exact loop|lia]].
    destruct Y2; cbn [map hd tl length] in *; sizes'.
  - subst y. apply R_done. exists g, r. reflexivity.
Qed.

Lemma dirty_le m m' used y : (m <= m')%nat -> dirty m used y -> dirty m' used y.
Proof.
  intros L. destruct used; cbn [dirty]; [|auto]. intros (Y1 & Y2 & -> & LY). exists Y1, Y2.
  split; [reflexivity|lia].
Qed.

Lemma hand_le N m m' x K rest c : (m <= m')%nat -> Hand N m x K rest c -> Hand N m' x K rest c.
Proof.
  intros L [(used & y & D & A)|H]; [left|now right]. exists used, y. split; [now apply (dirty_le m)|exact A].
Qed.

(** * Brackets and the end *)

(** At the start of brackets, before [)] or the end, a number moves to [answer]. *)
Lemma hand_ans N m x K rest c : ordered K = true -> at_start K = true ->
  match rest with [] | Close :: _ => true | _ => false end = true ->
  (length (rep K) + length (digits x) + length rest <= N)%nat ->
  Hand N m x K rest c -> R N (length (digits x) + 2) c (Ans N m x K rest).
Proof.
  intros O A H L [Ha|[(_ & s & ds & C & -> & g & y & r & ->)|(A' & _)]]; [now apply R_done| |congruence].
  rewrite digits_sz in * by assumption. pose proof (rep_opening K A) as HF.
  destruct ds as [|d ds].
  - by_next rest H; cbn [reading_first rev map app length] in *;
      (eone; apply R_done; exists false, clean; split; [reflexivity|];
        replace (sz s * be []) with 0 by (destruct s; reflexivity); eexists; eexists; reflexivity).
  - assert (lift : forall r', R N (length ds + 2) (Cfg (LiftFirst s) (It N g rest)
      (stk (map Dig (rev (d :: ds)) ++ rep K) r') clean (ans []))
      (Ans N m (sz s * be (d :: ds)) K rest)).
    { intros r'. eapply R_by; [apply lift_first; rewrite ?rev_length; auto; try sizes';
        cbn [length] in *; lia| |steps].
      intros c (r2 & ->). exists false, clean. split; [reflexivity|].
      exists g, r2. rewrite rev_involutive, app_nil_r, digits_sz, sgn_sz by (auto; discriminate). reflexivity. }
    by_next rest H; cbn [reading_first] in *; (eone; eapply R_le; [apply lift|steps]).
Qed.

Lemma digits_opp x : digits (- x) = digits x.
Proof. unfold digits. now rewrite Z.abs_opp. Qed.

Lemma sgn_opp x : sgn (- x) = option_map flip (sgn x).
Proof.
  unfold sgn. destruct (Z.eqb_spec x 0) as [->|]; [reflexivity|].
  destruct (Z.eqb_spec (- x) 0); [lia|]. cbn [option_map].
  destruct (Z.ltb_spec x 0), (Z.ltb_spec (- x) 0); try lia; reflexivity.
Qed.

(** A bracket closes. *)
Lemma close N m x ng K rest c : (m <= N)%nat ->
  (length (rep (Bracket ng :: K)) + length (digits x) + S (length rest) <= N)%nat ->
  Ans N m x (Bracket ng :: K) (Close :: rest) c ->
  R N 1 c (Ans N m (if ng then - x else x) K rest).
Proof.
  intros M L (used & y & D & g & r & ->). change (inp g (Close :: rest) (at_ N (Close :: rest))) with
    (It N g (Close :: rest)).
  cbn [rep length] in *.
  assert (Hy : within N (pos y)).
  { destruct used; cbn [dirty] in D; [destruct D as (Y1 & Y2 & -> & LY)|subst y]; sizes'. }
  destruct ng; (eapply R_one; [reflexivity|tapes; sizes'|steps|tapes]; apply R_done; exists used, y;
    split; [assumption|]); [exists (push Close g), (push Close r)|exists (push Close g), (push Open r)].
  - rewrite sgn_opp, digits_opp. reflexivity.
  - reflexivity.
Qed.

(** The answer tape at the end. *)
Definition answer_tape (x : Z) : tape :=
  alw [match sgn x with None => Dig d0 | Some Neg => Minus | Some Pos => B end] (map Dig (digits x)).

Lemma halt N m x c : (m <= N)%nat -> (length (digits x) <= N)%nat -> Ans N m x [] [] c ->
  R N 1 c (fun c => st c = Halt /\ ta c = answer_tape x).
Proof.
  intros M L (used & y & D & g & r & ->).
  assert (Hy : within N (pos y)).
  { destruct used; cbn [dirty] in D; [destruct D as (Y1 & Y2 & -> & LY)|subst y]; sizes'. }
  unfold answer_tape. cbn [rep]. destruct (sgn x) as [[]|] eqn:Es;
    (eapply R_one; [reflexivity|tapes; sizes'|steps|tapes]; apply R_done; split; reflexivity).
Qed.

(** * A value that waits *)

Definition item_of (x : Z) (y : sym) : item :=
  match y with Star => Prod x true | Slash => Prod x false | _ => Sum x end.
Definition sign_after (x : Z) (y : sym) : sign :=
  match y with Star | Slash => sign_z x | _ => sign_of y end.

Lemma sgn_sign_z x : match sgn x with Some s => s | None => Pos end = sign_z x.
Proof.
  unfold sgn, sign_z. destruct (Z.eqb_spec x 0) as [->|]; [reflexivity|]. now destruct (x <? 0).
Qed.

Lemma push_loop N x y rest K g : is_operator y = true -> forall zs acc a r,
  rev zs ++ acc = rev (digits x) ->
  (length (rep K) + length (digits x) + S (length rest) <= N)%nat ->
  R N (length zs + 1) (Cfg (Push (sgn x)) (It N g (y :: rest))
    (stk (a :: map Dig acc ++ rep K) r) clean (onf zs))
    (Val N (sign_after x y) (item_of x y :: K) rest).
Proof.
  intros Hy. induction zs as [|z zs IH]; intros acc a r Ea L.
  - cbn [rev app] in Ea. subst acc. unfold Val.
    assert (at_start (item_of x y :: K) = false) as -> by (destruct y; try discriminate Hy; reflexivity).
    pose proof (sgn_sign_z x) as Es.
    assert (Hs : R N 0 (Cfg (match y with Plus | Minus => Second (sign_of y) | _ => Second (sign_z x) end)
        (It N (push y g) rest) (stk (match y with Plus | Minus => sign_sym (sign_z x) | _ => y end ::
          map Dig (rev (digits x)) ++ rep K) r) clean (ans []))
      (fun c => exists g0 r0, c = Cfg (Second (sign_after x y)) (It N g0 rest)
        (stk (rep (item_of x y :: K)) r0) clean (ans []))).
    { apply R_done. destruct y; try discriminate Hy; eexists; eexists; reflexivity. }
    rewrite <- Es in Hs. cbn [onf].
    destruct (sgn x); destruct y; try discriminate Hy;
      (eapply R_one; [reflexivity|tapes; sizes'|steps|tapes; eapply R_le; [exact Hs|lia]]).
  - assert (Lz : (length zs + 1 + length acc = length (digits x))%nat).
    { apply (f_equal (@length digit)) in Ea. rewrite app_length, !rev_length in Ea. cbn [length] in Ea. lia. }
    assert (loop : R N (length zs + 1) (Cfg (Push (sgn x)) (It N g (y :: rest))
      (stk (hd B r :: map Dig (z :: acc) ++ rep K) (tl r)) clean (onf zs))
      (Val N (sign_after x y) (item_of x y :: K) rest)).
    { apply IH; auto. rewrite <- Ea. cbn [rev]. now rewrite <- app_assoc. }
    assert (exists s, sgn x = Some s) as [s Es].
    { unfold sgn. destruct (Z.eqb_spec x 0) as [->|]; [|eauto].
      destruct (digits_spec 0) as [V0 C0]. apply canon_zero in C0;
        [|exact V0]. rewrite C0 in Lz. cbn in Lz. lia. }
    rewrite Es in *. cbn [onf]. destruct y; try discriminate Hy;
      (eapply R_one; [reflexivity|tapes; sizes'|steps|tapes; eapply R_le; [exact loop|steps]]).
Qed.

Lemma push_ans N m x y rest K c : (m <= N)%nat -> is_operator y = true -> waits (hd B (rep K)) y = true ->
  (length (rep K) + length (digits x) + S (length rest) <= N)%nat ->
  Ans N m x K (y :: rest) c -> R N (2 * m + length (digits x) + 5) c
    (Val N (sign_after x y) (item_of x y :: K) rest).
Proof.
  intros M Hy W L A.
  eapply R_seq; [apply (clear N m x K (y :: rest) c); [exact M|cbn [length];
    lia|now apply goes_next|assumption]| |steps].
  intros c' (g & r & ->).
  eapply R_one; [apply step_by; apply dr_push; [now apply goes_next|exact W]| |steps|];
    unfold apply; cbn [next ai af as_ aa ti tf ts ta st]; rewrite rep_right; tapes.
  - sizes'.
  - eapply R_le; [apply (push_loop N x y rest K g Hy (digits x) [] (hd B r) (tl r));
      [now rewrite app_nil_r|assumption]|steps].
Qed.

(** A second number that waits moves to [answer]; a zero does in any case. *)
Lemma snd_ans N m s ds K rest c : ordered K = true -> canon ds -> next_ok rest = true ->
  (ds = [] \/ waits (hd B (rep K)) (hd B rest) = true) -> at_start K = false ->
  (length (rep K) + length ds + length rest <= N)%nat ->
  Snd N s ds (rep K) rest c -> R N (length ds + 2) c (Ans N m (sz s * be ds) K rest).
Proof.
  intros O C H W A L (g & r & ->).
  destruct ds as [|d ds].
  - replace (sz s * be []) with 0 by (destruct s; reflexivity).
    by_next rest H; cbn [reading_second]; (eone; apply R_done; exists false, clean; split;
      [reflexivity|]; eexists; eexists; reflexivity).
  - destruct W as [W|W]; [discriminate|].
    assert (lift : R N (length ds + 2) (Cfg (LiftSecond s) (It N g rest) (stk (rep K) r)
      (stk (map Dig (rev (d :: ds))) []) (ans []))
      (Ans N m (sz s * be (d :: ds)) K rest)).
    { eapply R_by; [apply lift_second; rewrite ?rev_length; auto; try sizes'; cbn [length] in *; lia| |steps].
      intros c ->. exists false, clean. split; [reflexivity|].
      exists g, r. rewrite rev_involutive, app_nil_r, digits_sz, sgn_sz by (auto; discriminate). reflexivity. }
    destruct (rep_op K O A) as (f & F & EK & Hf). rewrite EK in *. cbn [hd length] in *.
    by_next rest H; destruct f; try discriminate Hf; try discriminate W; cbn [reading_second];
      (eone; eapply R_le; [exact lift|steps]).
Qed.

Lemma push_hand N m x y rest K c : (m <= N)%nat -> ordered K = true -> is_operator y = true ->
  waits (hd B (rep K)) y = true ->
  (length (rep K) + length (digits x) + S (length rest) <= N)%nat ->
  Hand N m x K (y :: rest) c -> R N (2 * m + 2 * length (digits x) + 7) c
    (Val N (sign_after x y) (item_of x y :: K) rest).
Proof.
  intros M O Hy W L [A|[(A & s & ds & C & -> & g & b & r & ->)|(A & s & ds & C & -> & S)]].
  - eapply R_le; [now apply (push_ans N m)|lia].
  - rewrite digits_sz in * by assumption. unfold Val.
    assert (at_start (item_of (sz s * be ds) y :: K) = false) as -> by (destruct y; try discriminate Hy;
      reflexivity).
    destruct ds as [|d ds].
    + replace (sz s * be []) with 0 in * by (destruct s; reflexivity).
      cbn [reading_first rev map app length] in *.
      destruct y; try discriminate Hy; (eone; apply R_done; eexists; eexists; reflexivity).
    + assert (Es : sign_z (sz s * be (d :: ds)) = s).
      { rewrite <- sgn_sign_z, sgn_sz by (auto; discriminate). reflexivity. }
      cbn [reading_first]. assert (Ed : digits (sz s * be (d :: ds)) = d :: ds) by now apply digits_sz.
      set (x := sz s * be (d :: ds)) in *.
      destruct y; try discriminate Hy; (eone; apply R_done;
        eexists; eexists; cbn [item_of sign_after rep]; rewrite Ed, ?Es; reflexivity).
  - rewrite digits_sz in * by assumption.
    eapply R_seq; [apply (snd_ans N m s ds K (y :: rest) c); [assumption|assumption|destruct y;
      try discriminate Hy; reflexivity|right; exact W|assumption|cbn [length]; lia|assumption]| |steps].
    intros c' Hc. eapply R_le; [apply (push_ans N m); auto;
      now rewrite digits_sz|rewrite digits_sz by assumption; lia].
Qed.

(** * Working with what waits *)

Lemma pos_left t : pos (perform left t) = pos t - 1.
Proof. reflexivity. Qed.

Ltac sizes2 := unfold inside; cbn [ti tf ts ta]; rewrite ?pos_left; sizes'.

(** The configuration in which the work with two numbers begins. *)
Definition after N f F s g r ds rest : cfg :=
  match f with
  | Star => Cfg (Times s) (perform left (It N g rest)) (stk F (Star :: r))
              (stk (B :: map Dig (rev ds)) []) (ans [])
  | Slash => Cfg (Over s) (perform left (It N g rest)) (stk F (Slash :: r))
              (stk (B :: map Dig (rev ds)) []) (ans [])
  | Plus => Cfg (match s with Pos => Add Pos false | Neg => Subtract Pos false end)
              (It N g rest) (stk F (Plus :: r)) (stk (map Dig (rev ds)) []) (ans [])
  | _ => Cfg (match s with Neg => Add Neg false | Pos => Subtract Neg false end)
              (It N g rest) (stk F (Minus :: r)) (stk (map Dig (rev ds)) []) (ans [])
  end.

Lemma bring_loop N s g rest f F r ds : is_operator f = true ->
  (S (length F) + length ds + length rest <= N)%nat ->
  forall zs acc, rev zs ++ acc = rev ds ->
  R N (length zs + 1) (Cfg (Bring s) (It N g rest) (stk (f :: F) r) (stk (B :: map Dig acc) []) (onf zs))
    (fun c => c = after N f F s g r ds rest).
Proof.
  intros Hf L. induction zs as [|z zs IH]; intros acc Ea.
  - cbn [rev app] in Ea. subst acc. cbn [onf].
    destruct f; try discriminate Hf; destruct s;
      (eapply R_one; [reflexivity|tapes; sizes2|steps|tapes; apply R_done; reflexivity]).
  - assert (Lz : (length zs + 1 + length acc = length ds)%nat).
    { apply (f_equal (@length digit)) in Ea. rewrite app_length, !rev_length in Ea. cbn [length] in Ea. lia. }
    cbn [onf].
    assert (loop : R N (length zs + 1) (Cfg (Bring s) (It N g rest) (stk (f :: F) r) (stk
      (B :: map Dig (z :: acc)) []) (onf zs))
      (fun c => c = after N f F s g r ds rest)).
    { apply IH. rewrite <- Ea. cbn [rev]. now rewrite <- app_assoc. }
    destruct f; try discriminate Hf;
      (eapply R_one; [reflexivity|tapes; sizes2|steps|tapes; eapply R_le; [exact loop|steps]]).
Qed.

Lemma sgn_some x : x <> 0 -> exists s, sgn x = Some s /\ x = sz s * be (digits x) /\ digits x <> [].
Proof.
  intros H. destruct (digits_spec x) as [V C].
  assert (digits x <> []) as Nd by (intros Q; rewrite Q in V; cbn in V; lia).
  unfold sgn. destruct (Z.eqb_spec x 0); [lia|]. eexists. split; [reflexivity|].
  split; [|assumption]. rewrite V. destruct (Z.ltb_spec x 0); cbn [sz]; lia.
Qed.

Lemma to_begin N m x K rest c f F : (m <= N)%nat -> ordered K = true -> at_start K = false -> rep K = f :: F ->
  is_operator f = true -> next_ok rest = true -> waits f (hd B rest) = false -> x <> 0 ->
  (length (rep K) + length (digits x) + length rest <= N)%nat -> Hand N m x K rest c ->
  R N (2 * m + length (digits x) + 5) c (fun c' => exists s ds g r, canon ds /\ ds <> [] /\ x = sz s * be ds /\
    (length ds <= length (digits x))%nat /\ c' = after N f F s g r ds rest).
Proof.
  intros M O A EK Hf H W Nx L [An|[(A' & _)|(_ & s & ds & C & -> & g & r & ->)]]; [|congruence|].
  - assert (G : goes (hd B rest) (hd B (rep K)) = true) by now apply goes_op.
    eapply R_seq; [apply (clear N m x K rest c); assumption| |steps].
    intros c' (g & r & ->). destruct (sgn_some x Nx) as (s & Es & Ex & Nd). rewrite Es.
    rewrite EK in *. cbn [hd length] in *.
    eapply R_one; [apply step_by; apply dr_bring; [exact G|exact W]| |steps|];
      unfold apply; cbn [next ai af as_ aa ti tf ts ta st]; tapes; [sizes'|].
    eapply R_by; [apply (bring_loop N s g rest f F r (digits x) Hf L (digits x) []);
      now rewrite app_nil_r| |steps].
    intros c0 ->. exists s, (digits x), g, r. destruct (digits_spec x) as [_ C]. auto.
  - rewrite digits_sz in * by assumption. rewrite EK in *. cbn [length] in L.
    destruct ds as [|d ds]; [exfalso; apply Nx; destruct s; reflexivity|].
    cbn [reading_second].
    assert (Hd : R N 0 (after N f F s g r (d :: ds) rest)
      (fun c' => exists s0 ds0 g0 r0, canon ds0 /\ ds0 <> [] /\
       sz s * be (d :: ds) = sz s0 * be ds0 /\ (length ds0 <= length (d :: ds))%nat /\ c' = after N f F
         s0 g0 r0 ds0 rest)).
    { apply R_done. exists s, (d :: ds), g, r. repeat split; auto; discriminate. }
    cbn [length] in L.
    by_next rest H; destruct f; try discriminate Hf; try discriminate W; destruct s;
      (eapply R_one; [reflexivity|tapes; sizes2|steps|tapes; eapply R_le; [exact Hd|lia]]).
Qed.

(** A zero that is complete. *)
Lemma zero_res N m K rest c : (m <= N)%nat -> ordered K = true -> at_start K = false -> next_ok rest = true ->
  (length (rep K) + length rest <= N)%nat -> Hand N m 0 K rest c ->
  R N (2 * m + 5) c (Res 0 rest (at_ N rest) (rep K) clean false).
Proof.
  intros M O A H L Hh.
  assert (An : R N 2 c (Ans N m 0 K rest)).
  { destruct Hh as [An|[(A' & _)|(_ & s & ds & C & E0 & S)]]; [now apply R_done|congruence|].
    assert (ds = []) as ->.
    { apply canon_zero; [assumption|]. destruct s; cbn [sz] in E0; lia. }
    rewrite E0. apply (snd_ans N m s [] K rest c); auto. cbn [length]. lia. }
  eapply R_seq; [exact An| |steps]. intros c' Hc. eapply R_le; [apply (clear N m); auto; [cbn;
    lia|now apply goes_op]|lia].
Qed.

Lemma res_ans N m x K rest c : Res x rest (at_ N rest) (rep K) clean false c -> Ans N m x K rest c.
Proof. exists false, clean. split; [reflexivity|assumption]. Qed.

Lemma drop_loop N i F : under F -> within N (pos i) -> forall xs r, (length xs + length F <= N)%nat ->
  R N (length xs + 1) (Cfg Drop i (stk (map Dig xs ++ F) r) clean (ans []))
    (fun c => exists r', c = Cfg (Result None false) i (stk F r') clean (ans [])).
Proof.
  intros HF Hi. induction xs as [|x xs IH]; intros r L; cbn [map app length] in *.
  - destruct F as [|[|?d| | | | | |] F]; try discriminate HF; (eone; apply R_done; eexists; reflexivity).
  - eone. eapply R_le; [apply IH; lia|steps].
Qed.

(** Multiplication by what waits. *)
Lemma compute_star N m m' x b K rest c : (m <= N)%nat -> ordered (Prod b true :: K) = true ->
  next_ok rest = true ->
  text_ok rest -> (length (rep (Prod b true :: K)) + length (digits x) + length rest <= N)%nat ->
  Hand N m x (Prod b true :: K) rest c ->
  R N (2 * m + length (digits b) + length (digits x) + (3 * length (digits b) + 2) * length (digits x) + 7) c
    (Ans N m' (Z.abs b * x) K rest).
Proof.
  intros M O H Tx L Hh.
  assert (U : no_product K = true) by (cbn [ordered] in O; now apply andb_prop in O).
  destruct (digits_spec b) as [Vb Cb].
  destruct (Z.eq_dec x 0) as [->|Nx].
  - eapply R_seq; [apply (zero_res N m (Prod b true :: K) rest c); auto; lia| |steps].
    intros c' (g & r & ->).
    eapply R_one; [apply step_by; apply dr_star; apply (goes_op rest (Prod b true :: K)); auto| |steps|];
      unfold apply; cbn [next ai af as_ aa ti tf ts ta st rep length] in *; tapes; [sizes'|].
    eapply R_by; [apply drop_loop; [now apply rep_under|sizes'|rewrite rev_length;
      rewrite app_length, map_length, rev_length in L; lia]| |steps].
    intros c0 (r' & ->). apply res_ans. replace (Z.abs b * 0) with 0 by lia. exists g, r'. reflexivity.
  - cbn [rep length] in L. rewrite app_length, map_length, rev_length in L.
    eapply R_seq; [apply (to_begin N m x (Prod b true :: K) rest c Star (map Dig (rev (digits b)) ++ rep
      K)); auto;
      cbn [rep length]; rewrite app_length, map_length, rev_length; lia| |steps].
    intros c' (s & ds & g & r & C & Nd & Ex & Ld & ->). cbn [after].
    eapply R_by; [apply (times_op N s g rest (at_ N rest) (rep K) r (digits b) ds);
      auto using rep_under, text_proper; unfold within, at_; lia|
      |pose proof (Nat.mul_le_mono_l _ _ (3 * length (digits b) + 2) Ld); steps].
    intros c' Hc. apply res_ans. replace (Z.abs b * x) with (sz s * (be (digits b) * be ds)); [assumption|].
    rewrite Ex, Vb. ring.
Qed.

(** Nothing is added to what waits. *)
Lemma fetch N m g rest r a K : at_start K = true ->
  (length (digits a) + length (rep K) + length rest <= N)%nat ->
  R N (length (digits a) + 1) (Cfg (Fetch (sign_z a)) (It N g rest)
    (stk (map Dig (rev (digits a)) ++ rep K) r) clean (ans []))
    (Ans N m a K rest).
Proof.
  intros A L. pose proof (rep_opening K A) as HF. destruct (digits_spec a) as [Va Ca].
  assert (Lr : length (rev (digits a)) = length (digits a)) by apply rev_length.
  destruct (rev (digits a)) as [|d xs] eqn:Er; cbn [length map app] in *.
  - assert (digits a = []) as Ed by (destruct (digits a); [reflexivity|discriminate]).
    rewrite Ed in *. cbn in Va. assert (a = 0) as -> by lia. change (sign_z 0) with Pos.
    assert (fin : forall r', Ans N m 0 K rest (Cfg (Result None false) (It N g rest)
      (stk (rep K) r') clean (ans []))).
    { intros r'. apply res_ans. exists g, r'. reflexivity. }
    destruct K as [|[?|?|[]] K]; try discriminate A; cbn [rep length] in *;
      (eone; apply R_done; apply fin).
  - assert (Ed : digits a = rev xs ++ [d]).
    { rewrite <- (rev_involutive (digits a)), Er. reflexivity. }
    assert (lift : forall r', R N (length xs + 1) (Cfg (LiftFirst (sign_z a)) (It N g rest)
      (stk (map Dig xs ++ rep K) r') clean (ans [d]))
      (Ans N m a K rest)).
    { intros r'. eapply R_by; [apply lift_first; auto; try sizes'; cbn [length]; lia| |steps].
      intros c (r2 & ->). rewrite <- Ed. apply res_ans. exists g, r2.
      assert (a <> 0) as Na.
      { intros ->. discriminate Er. }
      unfold sgn, sign_z. destruct (Z.eqb_spec a 0); [lia|reflexivity]. }
    eone. eapply R_le; [apply lift|steps].
Qed.

(** Addition to what waits. *)
Lemma compute_sum N m m' x a K rest c : (m <= N)%nat -> ordered (Sum a :: K) = true -> next_ok rest = true ->
  waits Plus (hd B rest) = false ->
  (length (rep (Sum a :: K)) + length (digits x) + length rest <= N)%nat ->
  Hand N m x (Sum a :: K) rest c ->
  R N (2 * m + length (digits x) + 4 * (length (digits a) + length (digits x)) + 9) c (Ans N m' (a + x) K rest).
Proof.
  intros M O H W L Hh.
  assert (U : at_start K = true) by (cbn [ordered] in O; now apply andb_prop in O).
  destruct (digits_spec a) as [Va Ca]. pose proof (rep_opening K U) as HF.
  assert (W' : waits (sign_sym (sign_z a)) (hd B rest) = false).
  { destruct (sign_z a); by_next rest H; try discriminate W; reflexivity. }
  assert (L2 : (1 + length (digits a) + length (rep K) + length (digits x) + length rest <= N)%nat).
  { cbn [rep length] in L. rewrite app_length, map_length, rev_length in L. lia. }
  destruct (Z.eq_dec x 0) as [->|Nx].
  - eapply R_seq; [apply (zero_res N m (Sum a :: K) rest c); auto; lia| |steps].
    intros c' (g & r & ->). replace (a + 0) with a by lia.
    assert (Hfetch : forall r', R N (length (digits a) + 1)
      (Cfg (Fetch (sign_of (sign_sym (sign_z a)))) (It N g rest)
      (stk (map Dig (rev (digits a)) ++ rep K) r') clean (ans []))
      (Ans N m' a K rest)).
    { intros r'. replace (sign_of (sign_sym (sign_z a))) with (sign_z a) by (now destruct (sign_z a)).
      apply fetch; auto. lia. }
    eapply R_one; [apply step_by; apply (dr_sum _ (sign_sym (sign_z a)));
      [apply (goes_op rest (Sum a :: K)); auto|destruct (sign_z a); reflexivity|exact W']| |steps|];
      unfold apply; cbn [next ai af as_ aa ti tf ts ta st rep]; rewrite stk_left; tapes; [|eapply R_le;
        [apply Hfetch|steps]].
    destruct (sign_z a); sizes'.
  - eapply R_seq; [apply (to_begin N m x (Sum a :: K) rest c (sign_sym (sign_z a)) (map Dig (rev (digits
      a)) ++ rep K)); auto;
      destruct (sign_z a); reflexivity| |steps].
    intros c' (s & ds & g & r & C & Nd & Ex & Ld & ->).
    assert (Pd : 0 < be ds).
    { destruct ds as [|d ds]; [congruence|]. apply canon_bound in C. pose proof (pow_pos (length ds)). lia. }
    assert (Pa : within N (at_ N rest)) by (unfold within, at_; lia).
    assert (add : forall s r, sz s * (be (digits a) + be ds) = a + x ->
      R N (4 * (length (digits a) + length ds) + 4) (Cfg (Add s false) (It N g rest)
        (stk (map Dig (rev (digits a)) ++ rep K) r) (stk (map Dig (rev ds)) []) (ans []))
      (Ans N m' (a + x) K rest)).
    { intros s' r' <-. eapply R_by; [apply add_op; auto; lia| |steps]. intros. now apply res_ans. }
    assert (sub : forall s r, sz s * (be (digits a) - be ds) = a + x ->
      R N (4 * (length (digits a) + length ds) + 4) (Cfg (Subtract s false) (It N g rest)
        (stk (map Dig (rev (digits a)) ++ rep K) r) (stk (map Dig (rev ds)) []) (ans []))
      (Ans N m' (a + x) K rest)).
    { intros s' r' <-. eapply R_by; [apply sub_op; auto; lia| |steps]. intros. now apply res_ans. }
    assert (sign_z a = if a <? 0 then Neg else Pos) as Sa by reflexivity.
    destruct (Z.ltb_spec a 0); rewrite Sa; cbn [sign_sym after]; destruct s; cbn [sz] in *;
      (eapply R_le; [apply add || apply sub; cbn [sz]; lia|lia]).
Qed.

(** Division of what waits: a statement about the work itself, proven in [Quotients.v]. *)
Definition divides (N : nat) : Prop := forall s g rest p F r X Y, under F -> proper rest ->
  within N p -> within N (p - 1) -> canon X -> canon Y -> Y <> [] ->
  (length X + length F <= N)%nat -> (length X + length Y <= N)%nat ->
  R N (20 * (length X * length Y) + 31 * length X + length Y + 5)
    (Cfg (Over s) (perform left (inp g rest p)) (stk (map Dig (rev X) ++ F) (Slash :: r))
      (stk (B :: map Dig (rev Y)) []) (ans []))
    (fun c => exists used y, dirty (length Y) used y /\ Res (sz s * (be X / be Y)) rest p F y used c).

Lemma compute_slash N m x b K rest c : (m <= N)%nat -> divides N -> x <> 0 ->
  ordered (Prod b false :: K) = true -> next_ok rest = true ->
  text_ok rest -> (length (rep (Prod b false :: K)) + length (digits x) + length rest <= N)%nat ->
  Hand N m x (Prod b false :: K) rest c ->
  R N (2 * m + 2 * length (digits x) + 20 * (length (digits b) * length (digits x)) + 31 * length
    (digits b) + 10) c
    (Ans N (length (digits x)) (Z.quot (Z.abs b) x) K rest).
Proof.
  intros M HD Nx O H Tx L Hh.
  assert (U : no_product K = true) by (cbn [ordered] in O; now apply andb_prop in O).
  destruct (digits_spec b) as [Vb Cb].
  cbn [rep length] in L. rewrite app_length, map_length, rev_length in L.
  eapply R_seq; [apply (to_begin N m x (Prod b false :: K) rest c Slash (map Dig (rev (digits b)) ++ rep
    K)); auto;
    cbn [rep length]; rewrite app_length, map_length, rev_length; lia| |steps].
  intros c' (s & ds & g & r & C & Nd & Ex & Ld & ->). cbn [after].
  assert (Pd : 0 < be ds).
  { destruct ds as [|d ds]; [congruence|]. apply canon_bound in C. pose proof (pow_pos (length ds)). lia. }
  eapply R_by; [apply (HD s g rest (at_ N rest) (rep K) r (digits b) ds);
    auto using rep_under, text_proper; unfold within, at_; lia|
    |pose proof (Nat.mul_le_mono_l _ _ (length (digits b)) Ld); steps].
  intros c' (used & y & D & Hc). exists used, y. split; [now apply (dirty_le (length ds))|].
  replace (Z.quot (Z.abs b) x) with (sz s * (be (digits b) / be ds)); [assumption|].
  rewrite Ex, Vb. destruct s; cbn [sz].
  - rewrite !Z.mul_1_l, Z.quot_div_nonneg; lia.
  - replace (-1 * be ds) with (- be ds) by lia. rewrite Z.quot_opp_r, Z.quot_div_nonneg by lia. lia.
Qed.

(** The end if there is a division by zero. *)
Definition Zero_division (c : cfg) : Prop := st c = Halt /\ ta c = alw [Slash] [].

Lemma by_zero N m b K rest c : (m <= N)%nat -> ordered (Prod b false :: K) = true -> next_ok rest = true ->
  (length (rep (Prod b false :: K)) + length rest <= N)%nat ->
  Hand N m 0 (Prod b false :: K) rest c -> R N (2 * m + 6) c Zero_division.
Proof.
  intros M O H L Hh.
  eapply R_seq; [apply (zero_res N m (Prod b false :: K) rest c); auto| |steps].
  intros c' (g & r & ->). change (digits 0) with (@nil digit).
  eapply R_one; [apply step_by; apply dr_slash; apply (goes_op rest (Prod b false :: K)); auto| |steps|];
    unfold apply; cbn [next ai af as_ aa ti tf ts ta st rep length] in *; tapes; [sizes'|].
  apply R_done. split; reflexivity.
Qed.
